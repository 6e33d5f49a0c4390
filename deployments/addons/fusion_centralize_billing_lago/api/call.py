"""One request, as far as the handlers see it."""

from dataclasses import dataclass

from .errors import BadRequestError, UnprocessableError
from .inputs import InvalidError, Listing, parse_json
from .routing import Route


@dataclass
class Call:
    """A request of a service.

    Attributes:
        env: Superuser environment in the service's company. Whatever a handler reads or writes
            in it has to be asked for by the service: see ``finding.py``.
        service: The ``fusion.billing.service`` whose key came with the request.
        path: Values of the path's parts by name.
        query: Query parameters; some come several times (``status[]``).
        data: The body's bytes.
        route: The route that was asked.
    """

    env: object
    service: object
    path: dict
    query: object
    data: bytes
    route: Route

    @property
    def company(self):
        """Return the company that bills the service."""
        return self.service.company_id

    @property
    def currency(self):
        """Return the only currency in which the service is billed."""
        return self.service.company_id.currency_id

    def body(self) -> dict:
        """Return the values that came under the route's root.

        Raises:
            BadRequestError: The body is no JSON, or has no such root.
            UnprocessableError: A value cannot be taken.
        """
        root, shape = self.route.body
        value = self._json().get(root)
        if not isinstance(value, (dict, list)) or value in ({}, None):
            raise BadRequestError(f"param is missing or the value is empty: {root}")
        return read(shape, value)

    def listing(self) -> list:
        """Return the list that came under the route's root, unread.

        Raises:
            BadRequestError: The body is no JSON, or has no such list.
        """
        root, _kind = self.route.body
        value = self._json().get(root)
        if not isinstance(value, list):
            raise BadRequestError(f"param is missing or the value is empty: {root}")
        return value

    def wanted(self) -> dict:
        """Return the route's query parameters that came, read; empty ones and lists are left out.

        Raises:
            UnprocessableError: A value cannot be taken.
        """
        kinds = self.route.query
        single = [name for name, kind in kinds.items() if not isinstance(kind, Listing)]
        values = {name: self.query.get(name) for name in single if self.query.get(name)}
        shape = {name: kinds[name] for name in values}
        return {name: read_field(name, kind, values[name]) for name, kind in shape.items()}

    def _json(self) -> dict:
        try:
            body = parse_json(self.data)
        except ValueError:
            raise BadRequestError("the body is no JSON") from None
        if not isinstance(body, dict):
            raise BadRequestError("the body is no JSON object")
        return body


def read(kind, value):
    """Return what a kind of value makes of it.

    Raises:
        UnprocessableError: It cannot be taken.
    """
    try:
        return kind.read(value)
    except InvalidError as fault:
        details = fault.details
        raise UnprocessableError(
            details if isinstance(details, dict) else {"base": details}
        ) from None


def read_field(name: str, kind, value):
    """Return what a kind of value makes of a single field.

    Raises:
        UnprocessableError: It cannot be taken; the error names the field.
    """
    try:
        return kind.read(value)
    except InvalidError as fault:
        raise UnprocessableError({name: fault.details}) from None
