"""Loading bundle by bundle: no answer is dropped, and a dead Odoo is not called on and on."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from tasks.model.errors import FatalError, FusionError, RetryableError
from tasks.model.records import LoadedRow, Outcome
from tasks.run.batches import load_all


@dataclass
class Future:
    """A bundle under way: ends in its rows or in its error."""

    key: str
    error: FusionError | None

    def result(self):
        if self.error:
            raise self.error
        return [LoadedRow("customer", self.key, Outcome.CREATED, 1)]


class Odoo:
    """Takes bundles, remembers them, and answers as told per bundle."""

    def __init__(self, errors=None):
        self.errors = errors or {}
        self.sent: list[str] = []
        self.done = 0

    def submit(self, wire):
        self.sent.append(wire["key"])
        return Future(wire["key"], self.errors.get(wire["key"]))

    def progress(self, rows):
        self.done += rows


def load(odoo, keys, workers=2):
    return load_all(
        [{"key": "plans"}],
        ({"key": key} for key in keys),
        submit=odoo.submit,
        workers=workers,
        progress=odoo.progress,
    )


@given(st.integers(0, 30), st.integers(1, 5))
def test_load_of_any_number_of_bundles_collects_every_answer(number, workers):
    odoo = Odoo()
    keys = [str(each) for each in range(number)]
    loaded = load(odoo, keys, workers)
    assert [row.external_id for row in loaded.answers] == ["plans", *keys]
    assert loaded.stopped is None
    assert odoo.done == number + 1


def test_load_with_a_refused_bundle_goes_on_and_says_so():
    odoo = Odoo({"1": FatalError("Odoo refused it.")})
    loaded = load(odoo, ["0", "1", "2"])
    assert [row.external_id for row in loaded.answers] == ["plans", "0", "2"]
    assert loaded.stopped == "Odoo refused it."


def test_load_without_odoo_stops_sending_but_settles_what_is_under_way():
    odoo = Odoo({"1": RetryableError("Odoo cannot be reached.")})
    loaded = load(odoo, [str(each) for each in range(100)], workers=2)
    assert loaded.stopped == "Odoo cannot be reached."
    assert len(odoo.sent) <= 5
    assert {row.external_id for row in loaded.answers} == set(odoo.sent) - {"1"}


def test_load_takes_bundles_as_they_are_needed():
    taken = []

    def keys():
        for number in range(10):
            taken.append(number)
            yield str(number)

    class Slow(Odoo):
        def submit(self, wire):
            assert len(taken) - len(self.sent) <= 2
            return super().submit(wire)

    load(Slow(), keys(), workers=2)
    assert len(taken) == 10
