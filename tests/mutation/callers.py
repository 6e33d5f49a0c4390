"""Which tests run a function: no other can notice that it is changed."""

from __future__ import annotations

import ast
import functools
import gc
import json
import signal
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import Any

import pytest

#: What runs while tests are collected, or in a fixture that tests share, all of them rest on.
SHARED = ""
#: A change may make a loop without end: a test that takes so much longer has noticed.
TIMES, PATIENCE_SECONDS = 5, 60


class Recorder:
    """Plugin of a run of all tests: writes down which of them run each function, and how long."""

    def __init__(self, root: Path, book: Path) -> None:
        self._root, self._book = str(root), book
        self._calls: dict[str, set[tuple[str, int]]] = {SHARED: set()}
        self._seconds: dict[str, float] = {}
        self._caches: list[Any] = []
        self._now = self._calls[SHARED]

    def pytest_configure(self) -> None:
        sys.settrace(self._note)

    def _note(self, frame: FrameType, _event: str, _argument: object) -> None:
        code = frame.f_code
        if code.co_filename.startswith(self._root):
            self._now.add((code.co_filename, code.co_firstlineno))

    def pytest_collection_finish(self) -> None:
        kind = functools._lru_cache_wrapper
        self._caches = [
            each
            for each in gc.get_objects()
            if isinstance(each, kind) and each.__module__.split(".")[0] in {"tasks", "tests"}
        ]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        # Who finds an answer remembered runs no function, and rests on it all the same.
        for cache in self._caches:
            cache.cache_clear()
        self._now = self._calls[item.nodeid] = set()
        start = perf_counter()
        try:
            return (yield)
        finally:
            self._seconds[item.nodeid] = perf_counter() - start
            self._now = self._calls[SHARED]

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Iterator[None]:
        before = self._now
        if fixturedef.scope != "function":
            # On what a file's tests share these rest, on what a session shares all do.
            self._now = self._calls.setdefault(request.node.nodeid, set())
        try:
            return (yield)
        finally:
            self._now = before

    def pytest_sessionfinish(self) -> None:
        sys.settrace(None)
        runs: dict[str, list[str]] = {}
        for test, functions in self._calls.items():
            for path, line in functions:
                name = f"{Path(path).relative_to(self._root)}:{line}"
                runs.setdefault(name, []).append(test)
        self._book.write_text(json.dumps({"seconds": self._seconds, "runs": runs}))


@dataclass(frozen=True)
class Callers:
    """Tests of a room: ``seconds`` by test, and ``runs``, those that run the function at a line."""

    seconds: dict[str, float]
    runs: dict[str, list[str]]

    def of(self, path: Path, line: int) -> dict[str, float]:
        """Give the tests that a change of this line can fail, the quickest first, and how long.

        Of what stands in no function, or runs outside any single test, these are all of them.
        """
        function = _function(path, line)
        direct = self.runs.get(f"{path}:{function}", []) if function else [SHARED]
        tests = [test for test in self.seconds if _rests_on(test, direct)]
        tests.sort(key=lambda test: (test not in direct, self.seconds[test]))
        return {test: self.seconds[test] for test in tests}


def _rests_on(test: str, runners: Collection[str]) -> bool:
    """Say whether a test, a file that it is in, or something that all tests share is among some."""
    return not {test, test.partition("::")[0], SHARED}.isdisjoint(runners)


@functools.cache
def _function(path: Path, line: int) -> int:
    """Give the first line of the innermost function around a line; 0 outside any.

    What stands before its body (defaults, decorators) runs with what is around it.
    """
    found = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and node.body[0].lineno <= line <= (node.end_lineno or 0)
    ]
    if not found:
        return 0
    inner = max(found, key=lambda node: node.lineno)
    return min([inner.lineno, *(each.lineno for each in inner.decorator_list)])


class Chosen:
    """Plugin of a run of some tests, in their order; one that never ends kills its process."""

    def __init__(self, tests: Mapping[str, float]) -> None:
        """Take the tests with the seconds that they took, which writing calls down made more."""
        self._seconds = tests
        self._place = {test: place for place, test in enumerate(tests)}

    def pytest_configure(self) -> None:
        _end_in(PATIENCE_SECONDS)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._place]
        items.sort(key=lambda item: self._place[item.nodeid])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        _end_in(PATIENCE_SECONDS + TIMES * ceil(self._seconds[nodeid]))


def _end_in(seconds: int) -> None:
    """End this process then, whoever else waits for the alarm: a library may have a handler."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(seconds)
