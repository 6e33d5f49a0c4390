"""A sandbox that answers Lago's HTTP API from a data file, with Lago's quirks and its faults."""
