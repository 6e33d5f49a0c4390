"""The quality rules as read from ``expectations/``; no Great Expectations in here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.model.records import Severity

EXPECTATIONS_DIR = Path(__file__).parents[2] / "expectations"


@dataclass(frozen=True, slots=True)
class Rule:
    """One quality rule.

    ``observed`` names the columns whose values are shown beside a broken row.
    """

    name: str
    severity: Severity
    sentence: str
    remedy: str
    observed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """The rules of one table, by name, and the column that identifies its rows."""

    name: str
    key: str
    rules: dict[str, Rule]
    definition: dict[str, Any]

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the rules look at, and the key."""
        kwargs = (expectation["kwargs"] for expectation in self.definition["expectations"])
        return frozenset({kw["column"] for kw in kwargs if "column" in kw} | {self.key})


def load_suite(name: str) -> Suite:
    """Read ``expectations/<name>.json``."""
    definition = json.loads((EXPECTATIONS_DIR / f"{name}.json").read_text(encoding="utf-8"))
    rules = [_rule(expectation) for expectation in definition["expectations"]]
    return Suite(
        name=definition["name"],
        key=definition["meta"]["key"],
        rules={rule.name: rule for rule in rules},
        definition=definition,
    )


def _rule(expectation: dict[str, Any]) -> Rule:
    meta = expectation["meta"]
    return Rule(
        name=meta["rule"],
        severity=Severity(meta["severity"]),
        sentence=expectation["description"],
        remedy=meta["remedy"],
        observed=tuple(meta["observed"]),
    )
