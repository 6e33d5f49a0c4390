"""Faults on order: what a real Lago, its proxies and the network do now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

Kind = Literal[
    "rate_limit",  # 429; `after` is the reset header in seconds
    "error",  # 500 with Lago's body
    "bad_gateway",  # 502 with a proxy's HTML
    "hang",  # no answer for `after` seconds
    "cut_body",  # the connection ends within the body
    "short_page",  # a page without its last row, as if nothing were wrong
    "html",  # 200 with HTML: some other server answers
    "change",  # `change` is called once the page's answer is made
]


@dataclass(slots=True)
class Fault:
    """One fault: it strikes the next ``times`` requests whose path and page fit."""

    kind: Kind
    path: str = ""
    page: str | None = None
    times: int = 1
    after: float = 0
    change: Callable[[], None] | None = None


@dataclass(slots=True)
class Faults:
    """Faults that wait for their request; several threads may ask."""

    waiting: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def order(self, faults: Iterable[Fault]) -> None:
        """Let these strike."""
        with self._lock:
            self.waiting += faults

    def strike(self, path: str, pages: Sequence[str]) -> Fault | None:
        """Take the first fault that fits a request, and note the request."""
        with self._lock:
            self.requests.append(path)
            for fault in self.waiting:
                if fault.path in path and (fault.page is None or fault.page in pages):
                    fault.times -= 1
                    if not fault.times:
                        self.waiting.remove(fault)
                    return fault
        return None
