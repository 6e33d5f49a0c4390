"""What the checks decide: which rows of each page may be loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tasks.check.result import CheckResult
from tasks.model.records import Finding


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rows of a page.

    ``accepted`` keeps the ids per table that may be mapped; ``out_of_scope`` gives the reason per
    id of rows with nothing left to bill.
    """

    accepted: dict[str, frozenset[str]]
    out_of_scope: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class CheckedPages:
    """How the rows of all pages fared, and the verdict on each page."""

    result: CheckResult
    verdicts: Sequence[Verdict]

    def also(self, findings: Iterable[Finding]) -> CheckedPages:
        """Add what others say of the rows."""
        told = (*self.result.findings, *findings)
        return replace(self, result=replace(self.result, findings=told))

    @property
    def accepted(self) -> Counter[str]:
        """Rows that may be loaded, by table; plans as often as there are pages."""
        counts: Counter[str] = Counter()
        for verdict in self.verdicts:
            counts.update({table: len(ids) for table, ids in verdict.accepted.items()})
        return counts
