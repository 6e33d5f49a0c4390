"""What the API answers when it does not do what it was asked: Lago's bodies and codes."""

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
    """

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
    """The record is not in a state for this, or the route not for this method."""

    def __init__(self, code: str) -> None:
        super().__init__(405, "Method Not Allowed", code=code)


class UnprocessableError(ApiError):
    """Values cannot be taken.

    Args:
        details: Codes by field, nested as the request is: ``{"name": ["value_is_mandatory"]}``.
    """

    def __init__(self, details: dict) -> None:
        super().__init__(
            422, "Unprocessable Entity", code="validation_errors", error_details=details
        )
