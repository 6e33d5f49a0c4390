"""What Prefect needs to run the flows, applied; what cannot be is an ``ApplyError``."""


class ApplyError(Exception):
    """Something cannot be applied; the message says what, where, and what to do."""
