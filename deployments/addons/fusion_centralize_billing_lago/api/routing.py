"""Routes: a decorator above its handler, by which requests are answered and documented."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from .errors import ApiError


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
        paged: The answer is a page of a list.
        faults: Statuses that this route may end in, besides those of all.
        open: No key is needed.
        beside: Keys that a body may have beside its root.
        partly: What Lago's document has for it, and this route refuses; "" if there is nothing.
    """

    method: str
    path: str
    handler: Callable
    summary: str
    answer: dict | None
    body: tuple | None = None
    query: dict = field(default_factory=dict)
    paged: bool = False
    faults: tuple = ()
    open: bool = False
    beside: tuple = ()
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
    def pattern(self) -> re.Pattern:
        """Return what the path has to match; a varying part holds no slash."""
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))


ROUTES: list[Route] = []


def route(
    method: str, path: str, answer: dict | None, *, summary: str | None = None, **terms
) -> Callable:
    """Make a function the handler of a route; its docstring's first line is the summary.

    Args:
        method: As of ``Route``; so are ``path``, ``answer`` and the other terms.
        path: See there.
        answer: See there.
        summary: Another summary, of a handler of several routes.
        **terms: ``body``, ``query``, ``paged``, ``faults``, ``open``, ``beside``,
            ``partly``.
    """

    def register(handler: Callable) -> Callable:
        said = summary or handler.__doc__.partition("\n")[0].rstrip(".")
        ROUTES.append(Route(method, path, handler, said, answer, **terms))
        return handler

    return register


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes
        self._patterns = [(route, route.pattern) for route in routes]

    def find(self, method: str, path: str) -> tuple[Route, dict]:
        """Return the route and the values of its path's parts.

        Args:
            method: HTTP method.
            path: The path below ``/api/v1`` as it came, still percent-encoded, so that an id
                may hold a slash.

        Raises:
            ApiError: 404 for an unknown path, 405 for a method that a path does not have.
        """
        path = path.rstrip("/") or "/"
        allowed = set()
        for route, pattern in self._patterns:
            match = pattern.fullmatch(path)
            if match and route.method == method:
                return route, {name: unquote(part) for name, part in match.groupdict().items()}
            if match:
                allowed.add(route.method)
        if allowed:
            raise RouteMethodError(sorted(allowed))
        raise ApiError(404, "Not Found", code="resource_not_found")


class RouteMethodError(ApiError):
    """The path has other methods.

    Attributes:
        allowed: Those methods.
    """

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(405, "Method Not Allowed", code="method_not_allowed")
        self.allowed = allowed
