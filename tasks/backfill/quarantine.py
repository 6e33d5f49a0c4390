"""What else a broken row keeps out of the load, and which rows of each page remain.

A row that broke a critical rule is quarantined; so is every row that would be loaded
wrongly, or twice, or for nobody, without it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tasks.check.result import CheckResult
from tasks.model.errors import RecordError
from tasks.model.records import Finding, Severity
from tasks.model.source import Source, billed_subscriptions, ended_deployments, is_deleted

RowKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Dependency:
    """``row`` cannot be loaded when ``needs`` is quarantined; ``rule`` names that."""

    row: RowKey
    needs: RowKey
    rule: str


#: Per cascade rule: the sentence and the remedy that finance reads.
CASCADE_RULES = {
    "owner_quarantined": (
        "A row is loaded only when the customer it belongs to is loaded.",
        "Correct the customer named here; this row then loads by itself with the next run.",
    ),
    "plan_quarantined": (
        "A subscription is loaded only when its plan is loaded.",
        "Correct the plan named here; this row then loads by itself with the next run.",
    ),
    "deployment_quarantined": (
        "A subscription or an add-on is loaded only when its deployment is loaded.",
        "Correct the deployment named here; this row then loads by itself with the next run.",
    ),
    "subscription_quarantined": (
        "A deployment is loaded only when the subscription that pays for it is loaded.",
        "Correct the subscription named here; this row then loads by itself with the next run.",
    ),
}


def dependencies(source: Source) -> tuple[Dependency, ...]:
    """List what each row that is billed needs; references that resolve to nothing are left out.

    A broken reference is a rule of its own (``owner_unknown`` and the like).
    """
    known = {
        table: {row["id"] for row in getattr(source, table)}
        for table in ("users", "plans", "deployments", "subscriptions", "deployment_addons")
    }
    return tuple(
        ref
        for ref in _references(source)
        if all(key in known[table] for table, key in (ref.row, ref.needs))
    )


def cascade(findings: Iterable[Finding], references: Iterable[Dependency]) -> tuple[Finding, ...]:
    """Find the rows that hang on quarantined ones, step by step, each with the nearest cause.

    A row that is already quarantined gets no further finding, so that a subscription and its
    deployment never blame each other for one fault.

    Returns:
        The extra findings, sorted by row and rule; applying them again adds nothing.
    """
    reasons = _broken_rules(findings)
    dependents = defaultdict(list)
    for reference in references:
        dependents[reference.needs].append(reference)
    extra: list[Finding] = []
    reached = set(reasons)
    while reached:
        step = sorted(
            {ref for key in reached for ref in dependents[key] if ref.row not in reasons},
            key=lambda ref: (ref.row, ref.rule, ref.needs),
        )
        extra += [_finding(ref, reasons[ref.needs]) for ref in step]
        for ref in step:
            reasons.setdefault(ref.row, set()).add(ref.rule)
        reached = {ref.row for ref in step}
    return tuple(sorted(extra, key=_order))


def quarantined(findings: Iterable[Finding]) -> frozenset[RowKey]:
    """Name the rows that a finding keeps out of the load."""
    return frozenset(_broken_rules(findings))


def accepted(
    source: Source,
    findings: Iterable[Finding],
    out_of_scope: Mapping[str, Mapping[str, str]],
) -> dict[str, frozenset[str]]:
    """Keep the ids per table that are neither quarantined nor out of scope."""
    kept_out = quarantined(findings)
    return {
        table: frozenset(
            row["id"]
            for row in getattr(source, table)
            if (table, row["id"]) not in kept_out and row["id"] not in outside
        )
        for table, outside in out_of_scope.items()
    }


def kept_out_by(error: RecordError, table: str, remedy: str, *, key: str | None = None) -> Finding:
    """Tell that a row would not map; ``key`` is its own where another is to blame."""
    return Finding(
        table=table,
        key=key or error.key,
        rule=error.rule,
        severity=Severity.CRITICAL_ROW,
        sentence=str(error),
        observed="",
        remedy=remedy,
    )


def _order(found: Finding) -> tuple[str, str, str, str]:
    return found.table, found.key or "", found.rule, found.observed


def _broken_rules(findings: Iterable[Finding]) -> dict[RowKey, set[str]]:
    broken: dict[RowKey, set[str]] = {}
    for found in findings:
        if found.severity is Severity.CRITICAL_ROW and found.key is not None:
            broken.setdefault((found.table, found.key), set()).add(found.rule)
    return broken


def _references(source: Source) -> Iterator[Dependency]:
    for row in source.deployments:
        if not is_deleted(row):
            key = ("deployments", row["id"])
            yield Dependency(key, ("users", row["user_id"]), "owner_quarantined")
    for row in billed_subscriptions(source):
        key, home = ("subscriptions", row["id"]), ("deployments", row["deployment_id"])
        yield Dependency(key, ("users", row["user_id"]), "owner_quarantined")
        yield Dependency(key, ("plans", row["plan_id"]), "plan_quarantined")
        yield Dependency(key, home, "deployment_quarantined")
        yield Dependency(home, key, "subscription_quarantined")
    ended = ended_deployments(source)
    for row in source.deployment_addons:
        if row["deployment_id"] not in ended:
            home = ("deployments", row["deployment_id"])
            yield Dependency(("deployment_addons", row["id"]), home, "deployment_quarantined")


def _finding(reference: Dependency, causes: Iterable[str]) -> Finding:
    sentence, remedy = CASCADE_RULES[reference.rule]
    table, key = reference.row
    return Finding(
        table=table,
        key=key,
        rule=reference.rule,
        severity=Severity.CRITICAL_ROW,
        sentence=sentence,
        observed=f"{reference.needs[1]} ({', '.join(sorted(causes))})",
        remedy=remedy,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rows of a page.

    ``accepted`` keeps the ids per table that may be mapped; ``out_of_scope`` gives the reason per
    id of rows with nothing left to bill. Each source row is accepted, out of scope, or in a finding
    critical for the row.
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
