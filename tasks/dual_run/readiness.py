"""Who is ready for the switch, as Odoo worked it out, in words and as a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tasks.model.report import Attachment, Table
from tasks.report.files import csv_file

FILE = "readiness.csv"
COLUMNS = ("customer", "ready", "reasons", "revenue", "currency", "waits_for", "notes", "service")
_SHOWN_GROUPS = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """How a customer stands: ``state`` is ``ready``, ``waiting`` or ``live``.

    ``group`` is what they wait for first, empty for nobody who waits. ``revenue`` is what the old
    side billed in the latest cycle, before tax, in ``currency``. ``notes`` hold nobody back:
    decisions used are among them.
    """

    service: str
    customer: str
    state: str
    group: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    revenue: Decimal
    currency: str

    @property
    def ready(self) -> bool:
        """Whether a cutover may switch them."""
        return self.state == "ready"


def standing_of(service: str, row: dict[str, Any]) -> Standing:
    """Read a row of Odoo's answer."""
    return Standing(
        service,
        row["customer"],
        row["state"],
        row["group"] or "",
        tuple(row["reasons"]),
        tuple(row["notes"]),
        Decimal(row["revenue"]),
        row["currency"],
    )


def sentence(standings: Iterable[Standing]) -> str:
    """Say how many are ready, with their share of the revenue, and what the others wait for.

    Who is live is past it and not counted. A share is of one currency; the largest comes first.
    """
    judged = [each for each in standings if each.state != "live"]
    if not judged:
        return "Nobody is left to switch." if standings else "Odoo knows no customer yet."
    ready = [each for each in judged if each.ready]
    shares = _shares(judged)
    said = f"{len(ready):,} of {len(judged):,} are ready{shares}"
    groups = _groups(judged)
    if not groups:
        return f"{said}."
    parts = [
        f"{count:,} {'waits' if count == 1 else 'wait'} for {group} ({money})"
        for group, count, money in groups
    ]
    shown = parts[:_SHOWN_GROUPS]
    rest = sum(count for _group, count, _money in groups[_SHOWN_GROUPS:])
    if rest:
        shown.append(f"{rest:,} for something else")
    return f"{said}; {', '.join(shown)}."


def waits(standings: Iterable[Standing]) -> bool:
    """Say whether somebody is neither live nor ready."""
    return any(each.state != "live" and not each.ready for each in standings)


def tables(standings: Sequence[Standing]) -> tuple[Table, ...]:
    """Lay out what is waited for, who waits, and which decisions were used."""
    waiting = [each for each in standings if each.state == "waiting"]
    waiting.sort(key=lambda each: (-each.revenue, each.customer))
    used = [
        (each.service, each.customer, note)
        for each in standings
        for note in each.notes
        if note.startswith("Decision ")
    ]
    return (
        Table(
            "What is waited for",
            ("Waits for", "Customers", "Revenue that waits"),
            tuple(_groups(standings)),
            intro="By the first reason of each customer.",
            where="everywhere",
            in_prefect=True,
        ),
        Table(
            "Who is not ready",
            ("Service", "Customer", "Revenue", "Currency", "Why not"),
            tuple(
                (each.service, each.customer, each.revenue, each.currency, " ".join(each.reasons))
                for each in waiting
            ),
            intro="The largest revenue first.",
        ),
        Table("Decisions used", ("Service", "Customer", "What was settled"), tuple(used)),
    )


def attachment(standings: Sequence[Standing]) -> Attachment:
    """Give the file with every customer."""
    about = "Every customer: ready or not, why not, and the revenue"
    return csv_file(FILE, about, COLUMNS, tuple(map(_cells, standings)))


def figures(standings: Sequence[Standing]) -> dict[str, Any]:
    """Tell readiness to programs."""
    return {
        "sentence": sentence(standings),
        "ready": sum(each.ready for each in standings),
        "waiting": sum(each.state == "waiting" for each in standings),
        "live": sum(each.state == "live" for each in standings),
        "waits_for": [
            {"group": group, "customers": count, "revenue": money}
            for group, count, money in _groups(standings)
        ],
    }


def _cells(each: Standing) -> tuple[str, ...]:
    return (
        each.customer,
        "yes" if each.ready else "no",
        " ".join(each.reasons),
        f"{each.revenue:.2f}",
        each.currency,
        each.group,
        " ".join(each.notes),
        each.service,
    )


def _shares(judged: Sequence[Standing]) -> str:
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for each in judged:
        sums[each.currency][0] += each.revenue
        if each.ready:
            sums[each.currency][1] += each.revenue
    known = sorted(((whole, part, name) for name, (whole, part) in sums.items()), reverse=True)
    known = [each for each in known if each[0] > 0]
    if len(known) == 1:
        whole, part, _name = known[0]
        return f", {part / whole:.1%} of revenue".replace("%", " %")
    return "".join(
        f", {part / whole:.1%} of revenue in {name}".replace("%", " %")
        for whole, part, name in known
    )


def _groups(standings: Iterable[Standing]) -> list[tuple[str, int, str]]:
    """Count who waits by what they wait for, most customers first, with their revenue."""
    groups: dict[str, list[Standing]] = defaultdict(list)
    for each in standings:
        if each.state == "waiting":
            groups[each.group].append(each)
    ordered = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [(group, len(ones), _money(ones)) for group, ones in ordered]


def _money(ones: Iterable[Standing]) -> str:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in ones:
        sums[each.currency] += each.revenue
    return ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(sums.items()))
