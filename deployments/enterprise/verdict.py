"""What Odoo's log says of a run of tests, told by the facts of the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deployments.local.places import PROJECT

FACTS = PROJECT / "deployments/addons/fusion_centralize_billing/tests/contract/facts.json"

_COUNTS = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
_BROKEN = re.compile(r"(?:FAIL|ERROR): (?:Subtest )?(\w+)\.(test_\w+)")
_STARTED = re.compile(r"Starting (\w+)\.(test_\w+)")
_CONTRACT = "TestContract"


@dataclass(frozen=True)
class Fact:
    """One line of the contract: what is said of Odoo, what rests on it, what its failure means."""

    fact: str
    says: str
    used: str
    failure: str


@dataclass(frozen=True)
class Verdict:
    """How a run ended.

    Attributes:
        total: Tests that ran.
        held: Facts whose test passed.
        broken: Facts whose test failed.
        unseen: Facts whose test did not run.
        others: Failed tests that are not of the contract, as `Class.test`.
    """

    total: int
    held: tuple[Fact, ...]
    broken: tuple[Fact, ...]
    unseen: tuple[Fact, ...]
    others: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether tests ran, every fact was looked at, and nothing failed."""
        return self.total > 0 and not (self.broken or self.unseen or self.others)


def read_facts(path: Path = FACTS) -> tuple[Fact, ...]:
    """Return the contract, in its own order."""
    return tuple(Fact(**fact) for fact in json.loads(path.read_text()))


def read_verdict(log: str, facts: Iterable[Fact]) -> Verdict:
    r"""Return what a log of Odoo says.

    >>> fact = Fact("drafts_are_never_invoiced", "", "", "Stop the action.")
    >>> log = "Starting TestContractInvoices.test_drafts_are_never_invoiced\n"
    >>> read_verdict(log + "0 failed, 0 error(s) of 1 tests", [fact]).ok
    True
    >>> log += "FAIL: TestContractInvoices.test_drafts_are_never_invoiced\n"
    >>> read_verdict(log + "1 failed, 0 error(s) of 1 tests", [fact]).broken[0].failure
    'Stop the action.'
    """
    counts = [int(found[2]) for found in _COUNTS.findall(log)]
    started = {test for case, test in _STARTED.findall(log) if case.startswith(_CONTRACT)}
    broken: set[str] = set()
    others: dict[str, None] = {}
    for case, test in _BROKEN.findall(log):
        if case.startswith(_CONTRACT) and test in started:
            broken.add(test)
        else:
            others[f"{case}.{test}"] = None
    facts = tuple(facts)
    tests = {fact: f"test_{fact.fact}" for fact in facts}
    return Verdict(
        total=sum(counts),
        held=tuple(fact for fact in facts if tests[fact] in started - broken),
        broken=tuple(fact for fact in facts if tests[fact] in broken),
        unseen=tuple(fact for fact in facts if tests[fact] not in started),
        others=tuple(others),
    )


def told(verdict: Verdict, *, only_contract: bool) -> str:
    """Return the verdict as text for a person."""
    facts = len(verdict.held) + len(verdict.broken) + len(verdict.unseen)
    lines = [f"{len(verdict.held)} of {facts} facts hold; {verdict.total} tests ran."]
    for fact in verdict.broken:
        lines += ["", f"DOES NOT HOLD: {fact.says}", f"  rests on it: {fact.used}"]
        lines.append(f"  what it means: {fact.failure}")
    if verdict.unseen:
        names = ", ".join(fact.fact for fact in verdict.unseen)
        lines += ["", f"NOT LOOKED AT: {names}. The log says why the tests did not run."]
    if verdict.others:
        lines += ["", "Other tests that failed:", *(f"  {name}" for name in verdict.others)]
    elif not only_contract and verdict.ok:
        lines.append("The addons' own tests pass too.")
    return "\n".join(lines)
