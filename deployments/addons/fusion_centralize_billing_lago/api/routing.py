"""Routes: a decorator above its handler, by which requests are answered and documented."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote

from .errors import ApiError, MethodNotAllowedError
from .inputs import Text


@dataclass(frozen=True)
class Route:
    """One thing that the API does.

    Attributes:
        method: HTTP method.
        path: Below ``/api/v1``; ``{name}`` is a part that varies.
        handler: Takes a ``Call`` and returns the JSON body.
        summary: One line for people.
        answer: The answer's schema; None for an answer without body.
        body: Root key and shape of the request's body; None if it has none.
        query: Kinds of the query's parameters by name.
        faults: Statuses that this route may end in, besides what all of its kind may.
        open: No key is needed.
        partly: What Lago's document has for it, and this route refuses; "" if there is nothing.
    """

    method: str
    path: str
    handler: Callable
    summary: str
    answer: dict | None
    body: tuple | None = None
    query: dict = field(default_factory=dict)
    faults: tuple = ()
    open: bool = False
    partly: str = ""

    @property
    def names(self) -> list[str]:
        """Return the names of the parts that vary."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def tag(self) -> str:
        """Return what the route is about: the first part of its path."""
        return self.path.split("/")[1]

    @property
    def paged(self) -> bool:
        """Tell whether the answer is a page of a list."""
        return "meta" in (self.answer or {}).get("properties", ())

    @cached_property
    def pattern(self) -> re.Pattern:
        """Return what the path has to match; a varying part holds no slash."""
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))


ROUTES: list[Route] = []


def route(
    method: str,
    path: str,
    answer: dict | None,
    *,
    summary: str = "",
    body=None,
    root: str = "",
    query: dict | None = None,
    of_customer: str = "",
    **terms,
) -> Callable:
    """Make a function the handler of a route; its docstring's first line is the summary.

    Args:
        method: As of ``Route``; so are ``path``, ``answer`` and ``query``.
        path: See there.
        answer: See there.
        summary: Another summary, of a handler of several routes.
        body: The shape of the request's body.
        root: The key under which it comes; "": that of the answer.
        query: See there.
        of_customer: Summary of the same below a customer's path, where a list has no filter by
            customer; "": there is none.
        **terms: ``faults``, ``open``, ``partly``.
    """
    if body:
        terms["body"] = (root or next(iter(answer["properties"])), body)
    query = query or {}
    is_list = of_customer and method == "GET"
    by_customer = {"external_customer_id": Text(200), **query} if is_list else query

    def register(handler: Callable) -> Callable:
        said = summary or handler.__doc__.partition("\n")[0].rstrip(".")
        ROUTES.append(Route(method, path, handler, said, answer, query=by_customer, **terms))
        if of_customer:
            below = f"/customers/{{external_id}}{path}"
            ROUTES.append(Route(method, below, handler, of_customer, answer, query=query, **terms))
        return handler

    return register


def find_route(method: str, path: str) -> tuple[Route, dict]:
    """Return the route and the values of its path's parts.

    Args:
        method: HTTP method.
        path: The path below ``/api/v1`` as it came, still percent-encoded, so that an id may hold
            a slash.

    Raises:
        ApiError: 404 for an unknown path, 405 for a method that a path does not have.
    """
    path = path.rstrip("/") or "/"
    allowed = set()
    for route in ROUTES:
        match = route.pattern.fullmatch(path)
        if match and route.method == method:
            return route, {name: unquote(part) for name, part in match.groupdict().items()}
        if match:
            allowed.add(route.method)
    if allowed:
        raise MethodNotAllowedError("method_not_allowed", allowed)
    raise ApiError(404, "Not Found", code="resource_not_found")
