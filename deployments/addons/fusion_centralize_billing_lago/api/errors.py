"""What the API answers when it does not do what it was asked: Lago's bodies and codes."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

MANDATORY = "value_is_mandatory"
INVALID = "value_is_invalid"
TAKEN = "value_already_exist"
# Not Lago's. What Odoo would bill differently than Lago is refused, never left out silently.
UNSUPPORTED = "not_supported"


class ApiError(Exception):
    """Ends a request; whatever it wrote is undone.

    Attributes:
        status: HTTP status.
        body: JSON body.
        headers: HTTP headers that the answer has for it.
    """

    headers: dict = {}

    def __init__(self, status: int, error: str, **details) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"status": status, "error": error, **details}


class BadRequestError(ApiError):
    """The request cannot be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, f"BadRequest: {reason}")


class UnauthorizedError(ApiError):
    """The key is missing, wrong, old or revoked; which, is not said."""

    def __init__(self) -> None:
        super().__init__(401, "Unauthorized")


class ForbiddenError(ApiError):
    """The record is not the service's to change."""

    def __init__(self, code: str) -> None:
        super().__init__(403, "Forbidden", code=code)


class NotFoundError(ApiError):
    """There is none, or it is another service's: the answer is the same."""

    def __init__(self, what: str) -> None:
        super().__init__(404, "Not Found", code=f"{what}_not_found")


class MethodNotAllowedError(ApiError):
    """The record is not in a state for this, or the route not for this method.

    Args:
        code: Says which.
        allowed: The methods that the route is for.
    """

    def __init__(self, code: str, allowed: Iterable[str] = ()) -> None:
        super().__init__(405, "Method Not Allowed", code=code)
        if allowed:
            self.headers = {"Allow": ", ".join(sorted(allowed))}


class InvalidError(ApiError):
    """A value cannot be taken.

    Attributes:
        details: A list of codes, or those of its parts by name, nested as the request is:
            ``{"name": ["value_is_mandatory"]}``.
    """

    def __init__(self, details) -> None:
        self.details = details if isinstance(details, dict) else [details]
        told = self.details if isinstance(details, dict) else {"base": self.details}
        super().__init__(422, "Unprocessable Entity", code="validation_errors", error_details=told)


@contextmanager
def under(name: str) -> Iterator[None]:
    """Read a part of a request: what is wrong in it is told under its name."""
    try:
        yield
    except InvalidError as fault:
        raise InvalidError({name: fault.details}) from None


def read_each(read: Callable, values: Iterable) -> list:
    """Return what a function makes of each of some values.

    Raises:
        InvalidError: It makes nothing of some; by index.
    """
    made, faults = [], {}
    for index, value in enumerate(values):
        try:
            made.append(read(value))
        except InvalidError as fault:
            faults[str(index)] = fault.details
    if faults:
        raise InvalidError(faults)
    return made
