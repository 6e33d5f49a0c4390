"""One check over several tables: results, findings, counts and Data Docs.

Rows are checked part by part: the results of the parts become those of the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.check.data_docs import MAX_NAMED_ROWS, Page, name_rows, publish
from tasks.check.result import CheckResult, RuleSum, findings_of_rows, in_order
from tasks.check.suites import Suite, load_suite
from tasks.check.validation import rule_name, validate
from tasks.model.records import Finding, RuleStat
from tasks.model.source import Row

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
    )

#: Of what is listed, so many are shown without being asked for, as Great Expectations does it.
_SHOWN = 20
#: How it names rows.
_NAMING = frozenset({"unexpected_list", "unexpected_index_list", "unexpected_index_column_names"})


def frame_of(rows: Iterable[Row], columns: Collection[str]) -> pd.DataFrame:
    """Turn rows into a frame of plain Python values, in the order of the rows.

    Only the named columns are kept. Numbers stay ``Decimal`` or ``int``: the type ``object``
    keeps pandas from making floats of them.
    """
    # pandas takes more than a second: a flow imports it when it checks, not when it starts.
    import pandas as pd

    kept = list(rows)
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in kept], dtype=object) for name in sorted(columns)}
    )


class Parts:
    """One suite over the rows of its table, which come in parts.

    What a rule asks of several rows at once, as whether a value is unique, it asks of a part: rows
    that matter to each other have to come together. How many rows there are is asked of the whole.

    Attributes:
        suite: The rules.
        answer: Great Expectations' own answer, with rows by their key; None while there is none.
    """

    def __init__(self, suite: Suite) -> None:
        self.suite = suite
        self.answer: ExpectationSuiteValidationResult | None = None
        self._sums = {name: RuleSum(rule) for name, rule in suite.rules.items()}

    def add(self, rows: Sequence[Row], *, docs: bool) -> list[Finding]:
        """Validate a part and give a finding for each row and rule that it broke.

        Args:
            rows: Source columns and facts.
            docs: The answer is wanted.

        Raises:
            FatalError: A rule could not be evaluated.
        """
        frame = frame_of(rows, self.suite.columns)
        validated = validate(self.suite, frame)
        for result in validated.rules:
            self._sums[result.rule.name].add(result)
        if docs:
            name_rows(self.suite, frame[self.suite.key], validated)
            self._merge(validated.answer)
        return [
            found
            for result in validated.rules
            for found in findings_of_rows(self.suite, result, rows)
        ]

    @property
    def checks(self) -> list[RuleStat]:
        """How each rule fared over all parts."""
        return [each.stat(self.suite) for each in self._sums.values()]

    @property
    def table_findings(self) -> list[Finding]:
        """The rules that the table as a whole broke."""
        found = (each.finding(self.suite) for each in self._sums.values())
        return [finding for finding in found if finding is not None]

    def _merge(self, part: ExpectationSuiteValidationResult) -> None:
        if self.answer is None:
            self.answer = part
            return
        for whole, each in zip(self.answer.results, part.results, strict=True):
            held = self._sums[rule_name(whole)]
            whole.result = merged(whole.result, each.result)
            whole.success = held.passed
        well = sum(bool(each.success) for each in self.answer.results)
        all_of_them = len(self.answer.results)
        self.answer.success = well == all_of_them
        self.answer.statistics |= {
            "successful_expectations": well,
            "unsuccessful_expectations": all_of_them - well,
            "success_percent": 100.0 * well / all_of_them,
        }


def merged(whole: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Make one result of two, as if their rows had been looked at together.

    Args:
        whole: A rule's result over the rows so far, in Great Expectations' words.
        part: Over further rows.
    """
    if "element_count" not in whole:
        return {**whole, "observed_value": whole["observed_value"] + part["observed_value"]}
    counts: dict[str, Any] = {
        name: whole[name] + part[name]
        for name in ("element_count", "unexpected_count", "missing_count")
        if name in whole
    }
    rows, broken = counts["element_count"], counts["unexpected_count"]
    missing = counts.get("missing_count", 0)
    shares = {
        "missing_percent": _percent(missing, rows),
        "unexpected_percent": _percent(broken, rows - missing),
        "unexpected_percent_nonmissing": _percent(broken, rows - missing),
        "unexpected_percent_total": _percent(broken, rows),
    }
    lists = {
        name: (whole.get(name) or []) + (part.get(name) or [])
        for name in {**whole, **part}
        if isinstance(whole.get(name, part.get(name)), list)
    }
    lists |= {name: held[:_SHOWN] for name, held in lists.items() if name.startswith("partial_")}
    if "partial_unexpected_counts" in lists:
        lists["partial_unexpected_counts"] = _most_common(whole, part)
    if "unexpected_index_column_names" in lists:
        names = whole.get("unexpected_index_column_names")
        lists["unexpected_index_column_names"] = names or part["unexpected_index_column_names"]
    told: dict[str, Any] = {**part, **whole, **counts, **lists}
    told |= {name: share for name, share in shares.items() if name in told}
    if broken > MAX_NAMED_ROWS or any("unexpected_list" not in each for each in (whole, part)):
        told = {name: held for name, held in told.items() if name not in _NAMING}
    return told


def _most_common(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    counts: Counter[Any] = Counter()
    for part in parts:
        for each in part["partial_unexpected_counts"]:
            counts[each["value"]] += each["count"]
    common = [{"value": value, "count": count} for value, count in counts.most_common(_SHOWN)]
    return sorted(common, key=lambda each: (-each["count"], str(each["value"])))


def _percent(some: int, whole: int) -> float | None:
    return some / whole * 100 if whole else None


class Check:
    """A check that is told its rows table by table, or in parts of tables."""

    def __init__(self, *, docs_dir: Path | None, run_name: str) -> None:
        """Begin a check.

        Args:
            docs_dir: Folder of Data Docs and their history; None builds none.
            run_name: Title of this run in Data Docs.
        """
        self._docs_dir, self._run_name = docs_dir, run_name
        self._tables: dict[str, Parts] = {}

    def add(self, tables: Iterable[tuple[str, Sequence[Row]]]) -> list[Finding]:
        """Check rows (source columns and facts) against the suites of their tables' names.

        Args:
            tables: Names and rows, made as they are needed: one table's are held at a time. Of a
                table that came before they are further rows.

        Returns:
            A finding for each row and rule that it broke.

        Raises:
            FatalError: A rule could not be evaluated.
        """
        found: list[Finding] = []
        for name, rows in tables:
            if not rows and name in self._tables:
                continue
            parts = self._tables.setdefault(name, Parts(load_suite(name)))
            found += parts.add(rows, docs=self._docs_dir is not None)
        return found

    def result(self, findings: Iterable[Finding]) -> CheckResult:
        """Give the result of all that was added, and build the Data Docs.

        Args:
            findings: Those of the rows, and what came of them.
        """
        tables = self._tables.values()
        of_tables = [found for each in tables for found in each.table_findings]
        pages = [Page(each.suite, each.answer) for each in tables if each.answer]
        return CheckResult(
            findings=in_order([*findings, *of_tables], tuple(self._tables)),
            checks=tuple(stat for each in tables for stat in each.checks),
            docs_index=None
            if self._docs_dir is None
            else publish(self._docs_dir, self._run_name, pages),
        )


def check_rows(
    tables: Iterable[tuple[str, Sequence[Row]]], *, docs_dir: Path | None, run_name: str
) -> CheckResult:
    """Check whole tables, as ``Check`` does."""
    check = Check(docs_dir=docs_dir, run_name=run_name)
    return check.result(check.add(tables))
