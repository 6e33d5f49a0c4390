"""The steps of bringing cards: read, choose, load, report."""
