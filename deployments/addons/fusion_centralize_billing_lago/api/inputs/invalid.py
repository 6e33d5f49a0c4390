"""That a value cannot be taken."""


class InvalidError(Exception):
    """A value cannot be taken.

    Attributes:
        details: A list of codes, or those of its parts by name.
    """

    def __init__(self, details) -> None:
        super().__init__("invalid value")
        self.details = details if isinstance(details, dict) else [details]
