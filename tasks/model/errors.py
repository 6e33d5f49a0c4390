"""The project's errors, sorted by what the caller should do about them."""

from __future__ import annotations


class FusionError(Exception):
    """Base of every error raised on purpose here.

    Messages say what happened, where, and what to do; they never hold a secret or a
    customer's personal data, because Prefect stores an exception's text as the state's
    message.
    """


class ConfigError(FusionError):
    """Settings, access or versions are wrong: nothing was written (exit code 2)."""


class RetryableError(FusionError):
    """A fault that a later try may not meet (network, lock, restart).

    Args:
        message: What failed and where.
        after_seconds: Earliest sensible next try, when the other side said so.
    """

    def __init__(self, message: str, after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class FatalError(FusionError):
    """A fault that a retry cannot mend (exit code 1)."""


class TooLargeError(FatalError):
    """A request is larger than something on the way takes: smaller ones may pass."""


class RecordError(FusionError):
    """One record cannot be mapped; it goes to quarantine and the others go on.

    Args:
        key: The record's source id.
        rule: The name of the rule it broke (snake_case, as in the quarantine table).
        message: Plain sentence for finance.
    """

    def __init__(self, key: str, rule: str, message: str) -> None:
        super().__init__(message)
        self.key = key
        self.rule = rule
