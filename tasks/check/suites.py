"""The quality rules as read from ``expectations/``; no Great Expectations in here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from tasks.model.records import Severity

#: The kind of rule that asks how many rows a table has.
ROW_COUNT = "expect_table_row_count_to_be_between"
EXPECTATIONS_DIR = Path(__file__).parents[2] / "expectations"


@dataclass(frozen=True, slots=True)
class Rule:
    """One quality rule.

    ``observed`` names the columns whose values are shown beside a broken row. ``kind`` is Great
    Expectations' name for it, ``column`` what it looks at, empty if at the table as a whole.
    ``limits`` are what a value is held against; of a rule that the source's database judges,
    what the database is told.
    """

    name: str
    severity: Severity
    sentence: str
    remedy: str
    observed: tuple[str, ...]
    kind: str
    column: str
    limits: Mapping[str, Any]

    def keeps(self, value: Any) -> bool:
        """Say whether a value keeps the rule, as Great Expectations would say of it.

        A missing value keeps every rule but that it must not be missing. What speaks of several
        rows at once says nothing of one value.
        """
        is_nan = value.is_nan() if isinstance(value, Decimal) else value != value
        is_missing = value is None or is_nan
        if self.kind == "expect_column_values_to_not_be_null":
            return not is_missing
        if self.kind == "expect_column_values_to_be_null":
            return is_missing
        return is_missing or self.kind not in _KEEPS or _KEEPS[self.kind](value, self.limits)


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
        looked_at = {rule.column for rule in self.rules.values() if rule.column}
        return frozenset(looked_at | {self.key})

    def broken(self, row: Mapping[str, Any]) -> list[Rule]:
        """Name the rules that a row breaks, of those that can be told of a row alone."""
        return [
            rule for rule in self.rules.values() if rule.column and not rule.keeps(row[rule.column])
        ]


@cache
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
    meta, kwargs = expectation["meta"], dict(expectation["kwargs"])
    return Rule(
        name=meta["rule"],
        severity=Severity(meta["severity"]),
        sentence=expectation["description"],
        remedy=meta["remedy"],
        observed=tuple(meta["observed"]),
        kind=expectation["type"],
        column=kwargs.pop("column", ""),
        limits=kwargs | meta.get("limits", {}),
    )


def _is_between(value: Any, limits: Mapping[str, Any]) -> bool:
    least, most = limits.get("min_value"), limits.get("max_value")
    if least is not None and (value < least or (limits.get("strict_min") and value == least)):
        return False
    return most is None or not (value > most or (limits.get("strict_max") and value == most))


def _matches(value: Any, limits: Mapping[str, Any]) -> bool:
    return re.search(limits["regex"], str(value)) is not None


_KEEPS = {
    ROW_COUNT: _is_between,
    "expect_column_values_to_be_between": _is_between,
    "expect_column_values_to_be_in_set": lambda value, limits: value in limits["value_set"],
    "expect_column_values_to_not_be_in_set": lambda value, limits: value not in limits["value_set"],
    "expect_column_values_to_match_regex": _matches,
}
