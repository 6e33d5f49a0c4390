"""One request, as far as the handlers see it."""

import json
import math
import re
from dataclasses import dataclass

from .errors import UNSUPPORTED, BadRequestError, InvalidError, under
from .inputs import Keyed, Listing
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
    def mine(self) -> list:
        """Return the condition for what is the service's own."""
        return [("service_id", "=", self.service.id)]

    @property
    def live(self) -> bool:
        """Tell whether Odoo bills the service; what else is made for it is a shadow."""
        return self.service.phase == "live"

    @property
    def currency(self):
        """Return the company's currency: what names none is in it."""
        return self.service.company_id.currency_id

    def body(self, *, empty: bool = False) -> dict:
        """Return the values that came under the route's root.

        Args:
            empty: Nothing under the root is fine as well.

        Raises:
            BadRequestError: The body is no JSON, or has no such root.
            InvalidError: A value cannot be taken.
        """
        root, shape = self.route.body
        sent = self._json()
        value = sent.get(root)
        if not isinstance(value, (dict, list)) or (value == {} and not empty):
            raise BadRequestError(f"param is missing or the value is empty: {root}")
        unknown = [name for name in sent if name != root]
        if unknown:
            raise InvalidError({name[:100]: [UNSUPPORTED] for name in unknown})
        return shape.read(value)

    def bare(self, shape) -> dict:
        """Return the values of a body without a root.

        Raises:
            BadRequestError: The body is no JSON object.
            InvalidError: A value cannot be taken.
        """
        return shape.read(self._json())

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
        """Return the route's query parameters that came, read; empty ones are left out.

        A list comes as ``name[]``, once or several times, or as ``name``; it is returned under
        its bare name.

        Raises:
            InvalidError: A value cannot be taken.
        """
        values = {}
        for name, kind in self.route.query.items():
            bare = name.partition("[")[0]
            came = self._came(bare, name, kind)
            if came:
                with under(bare):
                    values[bare] = kind.read(came)
        return values

    def check_query(self) -> None:
        """Refuse by name what the route does not read: nothing is ignored in silence.

        Raises:
            InvalidError: There is such a parameter.
        """
        known = {name.partition("[")[0] for name in self.route.query} | {"page", "per_page"}
        unknown = [name for name in self.query if name.partition("[")[0] not in known]
        faults = {name[:100]: [UNSUPPORTED] for name in unknown if any(self.query.getlist(name))}
        if faults:
            raise InvalidError(faults)

    def _came(self, bare: str, name: str, kind):
        if isinstance(kind, Listing):
            return [one for key in (f"{bare}[]", bare) for one in self.query.getlist(key) if one]
        if isinstance(kind, Keyed):
            found = {key: re.fullmatch(r"[^\[]+\[([^\[\]]+)\]", key) for key in self.query}
            return {
                match[1]: self.query[key]
                for key, match in found.items()
                if match and key.startswith(f"{bare}[")
            }
        return self.query.get(name)

    def _json(self) -> dict:
        try:
            body = json.loads(self.data, parse_constant=_finite, parse_float=_finite)
        except (ValueError, RecursionError):
            raise BadRequestError("the body is no JSON") from None
        if not isinstance(body, dict):
            raise BadRequestError("the body is no JSON object")
        return body


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
