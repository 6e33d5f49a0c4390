"""One check over several tables: results, findings, counts and Data Docs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tasks.check.data_docs import Page, publish
from tasks.check.parts import Parts
from tasks.check.result import CheckResult, in_order
from tasks.check.suites import load_suite
from tasks.model.records import Finding
from tasks.model.source import Row


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
