"""The steps of a dual run beside the flows that it chains."""
