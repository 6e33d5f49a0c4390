"""One outcome for every source row, and what Odoo said of it: where a run's accounting closes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tasks.model.records import Finding, LoadedRow, Outcome, Severity, SourceRow

Rows = Sequence[Mapping[str, Any]]
Answers = dict[tuple[str, str], LoadedRow]

ODOO_MODELS = {
    "customer": "fusion.billing.account.link",
    "plan": "fusion.billing.plan",
    "order": "sale.order",
    "usage": "fusion.billing.usage",
}
#: Odoo's answer for an order that ended because the source has nothing left to bill of it.
ORDER_ENDED = "order_ended"
#: Which record a source row ends in, and under which of the row's columns it is known there.
RECORD_OF_TABLE = {
    "users": ("customer", "id"),
    "plans": ("plan", "id"),
    "deployments": ("order", "id"),
    "subscriptions": ("order", "deployment_id"),
    "deployment_addons": ("order", "deployment_id"),
    "usage": ("usage", "id"),
    "invoices": ("order", "deployment_id"),
    "fees": ("order", "deployment_id"),
}
#: Tables whose rows are no record of their own in Odoo, but a part of one.
_PARTS = frozenset({"deployment_addons"})
_LABELS: dict[str, Callable[[Mapping[str, Any]], str | None]] = {
    "users": lambda row: row["full_name"] or row["company_name"] or row["email"],
    "plans": lambda row: row["name"] or row["code"],
    "deployments": lambda row: row["name"],
    "subscriptions": lambda row: row["status"],
    "deployment_addons": lambda row: row["name"],
    "usage": lambda row: row["name"],
    "invoices": lambda row: row["name"],
    "fees": lambda row: row["name"],
}
#: A label is for a cell of a table; a spreadsheet takes 32,767 characters.
_LABEL_CHARACTERS = 200
_TABLES = {"customer": "users", "plan": "plans", "order": "deployments"}
#: Odoo's code for a row that it took -> what a person does about it; told in every run until then.
REMEDIES = {
    "region_unknown": "Correct the region in the source, or set the contact's state in Odoo; the"
    " tax of their orders depends on it.",
    "email_ambiguous": "Merge the contacts in Odoo if they are one customer.",
    "contact_shared": "Correct the contact in Odoo, or give each account a contact of its own.",
    "email_archived": "Restore the contact in Odoo before the cutover.",
    "language_unknown": "Activate the language in Odoo and run the backfill again.",
    "currency_without_rate": "Enter an exchange rate in Odoo before the cutover.",
    "discount_by_hand": "Nothing, if it is agreed with the customer; else take it off the order"
    " in Odoo.",
}


@dataclass(frozen=True, slots=True)
class LoadedPages:
    """Odoo's answers by (entity, external id), page by page.

    ``plans`` has those for plans, which ride along in every page. ``stopped`` and ``is_gone`` mean
    what ``Loaded`` says, ``refused`` says why nothing was to be loaded at all.
    """

    plans: Answers = field(default_factory=dict)
    pages: Sequence[Answers] = ()
    stopped: str | None = None
    is_gone: bool = False
    refused: str | None = None

    def answers_of(self, place: int) -> Answers:
        """Give the answers for the records of a page, and for all plans."""
        return self.plans | (self.pages[place] if place < len(self.pages) else {})

    def __iter__(self) -> Iterator[LoadedRow]:
        """Give all answers."""
        yield from self.plans.values()
        for page in self.pages:
            yield from page.values()


def selection(only: Iterable[str] | None) -> frozenset[str]:
    """Turn what a person asked to load into entities; orders bring what they need along.

    >>> sorted(selection(["plans"])), sorted(selection(None))
    (['plan'], ['customer', 'order', 'plan'])
    """
    names = {"customers": "customer", "plans": "plan", "deployments": "order"}
    chosen = frozenset(names[name] for name in only or names)
    return frozenset(names.values()) if "order" in chosen else chosen


def merge_answers(answers: Iterable[LoadedRow]) -> Answers:
    """Index Odoo's answers by record; the first one for a record stands.

    A plan rides along in every bundle that needs it: what happened to it happened in the
    first bundle, later ones find it unchanged.
    """
    merged: Answers = {}
    for answer in answers:
        merged.setdefault((answer.entity, answer.external_id), answer)
    return merged


def close_accounts(
    tables: Mapping[str, Rows],
    *,
    findings: Iterable[Finding],
    out_of_scope: Mapping[str, Mapping[str, str]],
    answers: Mapping[tuple[str, str], LoadedRow],
    selected: frozenset[str],
    refused: str | None,
    stopped: str | None,
) -> tuple[SourceRow, ...]:
    """Give every row of every table exactly one outcome, in order of table and row.

    Args:
        tables: The source rows as they were read.
        findings: All broken rules; those critical for a row put it into quarantine.
        out_of_scope: Table -> row id -> why there is nothing to copy.
        answers: What Odoo said, by (entity, external id).
        selected: Entities (customer, plan, order) that the run was to load.
        refused: Why nothing at all was loaded, told of the rows that were fit to.
        stopped: Why the load ended early, told of the rows that Odoo never answered for.
    """
    reasons = _first_critical(findings)
    owner_of = {row["id"]: row["user_id"] for row in tables.get("deployments", ())}

    def close(table: str, row: Mapping[str, Any]) -> SourceRow:
        entity, column = RECORD_OF_TABLE[table]
        blank = SourceRow(
            table,
            row["id"],
            Outcome.NOT_SELECTED,
            _label(table, row),
            customer=_owner(table, row, owner_of),
        )
        if table in _PARTS:
            blank = replace(blank, part_of=row[column])
        if (why := out_of_scope.get(table, {}).get(row["id"])) is not None:
            return _ended(blank, why, entity, answers.get((entity, row[column])))
        if (finding := reasons.get((table, row["id"]))) is not None:
            return _quarantined(blank, finding)
        if entity not in selected:
            return blank
        if refused is not None:
            return replace(blank, code="run_refused", reason=f"Nothing was written: {refused}")
        return _answered(blank, entity, answers.get((entity, row[column])), stopped)

    return tuple(close(table, row) for table, rows in tables.items() for row in rows)


def _label(table: str, row: Mapping[str, Any]) -> str:
    label = _LABELS[table](row) or ""
    return label if len(label) <= _LABEL_CHARACTERS else f"{label[: _LABEL_CHARACTERS - 1]}…"


def _owner(table: str, row: Mapping[str, Any], owner_of: Mapping[Any, Any]) -> str | None:
    """Tell whose row it is: a part of a deployment is its owner's."""
    if table == "users":
        owner = row["id"]
    else:
        owner = row.get("user_id") or owner_of.get(row.get("deployment_id"))
    return str(owner) if owner else None


def _ended(row: SourceRow, why: str, entity: str, answer: LoadedRow | None) -> SourceRow:
    """Tell also of the order in Odoo that an earlier run made of the row."""
    ended = replace(row, outcome=Outcome.OUT_OF_SCOPE, reason=why)
    if answer is None or answer.code != ORDER_ENDED:
        return ended
    return replace(
        ended,
        odoo_model=ODOO_MODELS[entity],
        odoo_id=answer.odoo_id,
        code=answer.code,
        reason=f"{why} {answer.message}",
    )


def _quarantined(row: SourceRow, finding: Finding) -> SourceRow:
    return replace(
        row,
        outcome=Outcome.QUARANTINED,
        code=finding.rule,
        reason=finding.sentence,
        remedy=finding.remedy,
    )


def _answered(
    row: SourceRow, entity: str, answer: LoadedRow | None, stopped: str | None
) -> SourceRow:
    if answer is None:
        return replace(
            row,
            outcome=Outcome.FAILED,
            code="not_loaded",
            reason=stopped or "Odoo gave no answer for this row.",
            remedy="Run the backfill again: what is already there costs nothing.",
        )
    return replace(
        row,
        outcome=answer.outcome,
        odoo_model=ODOO_MODELS[entity] if answer.odoo_id else None,
        odoo_id=answer.odoo_id,
        code=answer.code,
        reason=answer.message,
    )


def _first_critical(findings: Iterable[Finding]) -> dict[tuple[str, str], Finding]:
    """Pick the finding that a row's one line names: its own fault before an inherited one."""
    reasons: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        if finding.severity is Severity.CRITICAL_ROW and finding.key is not None:
            reasons.setdefault((finding.table, finding.key), finding)
    return reasons


def told(answers: Iterable[LoadedRow]) -> Iterator[Finding]:
    """Yield a warning for each row about which Odoo said what a person should know."""
    for answer in answers:
        remedy = REMEDIES.get(answer.code or "")
        if remedy and answer.entity in _TABLES:
            yield Finding(
                table=_TABLES[answer.entity],
                key=answer.external_id,
                rule=answer.code or "",
                severity=Severity.WARNING,
                sentence=answer.message or "",
                observed="",
                remedy=remedy,
            )
