"""The steps of a cutover and of the way back: evidence, approval, switch, return, report."""
