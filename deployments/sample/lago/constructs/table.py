"""The table of all constructs, as a page: made from the list and from the construct world."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from deployments.sample.lago.constructs.world import TODAY, construct_document
from deployments.sample.lago.tenant.terms import Json
from tasks.model.lago_support import Construct, Fate, constructs

AREAS = {
    "periods": "Periods",
    "money": "Money beside the plan",
    "owed": "What is owed to the customer",
    "charges": "Metered charges",
    "people": "Customers",
    "all": "Anything else",
    "app": "What stays in the app, or is Odoo's own",
}
_HEAD = f"""# Everything that Lago can say, and what becomes of it

Made by `python -m deployments.sample constructs`; a test holds it. The list is
`expectations/lago/constructs.json`, which the backfill itself reads; the last column is from a
world with one customer for each construct, billed by Lago's own rules up to {TODAY}.

*Carried*: Odoo bills to the cent what Lago would. *Kept out*: the row is not loaded, and the
report names this rule with what to do in Lago. *Stays*: nothing of it is copied, and the rest of
the customer is carried.

A row that cannot be read keeps itself out, nobody else. Lago rounds the sum of all taxes of an
invoice once, which may be for several subscriptions of a customer; Odoo each tax of each order's
invoice: of two taxes, or orders, the totals with tax may differ by a cent.
"""


def page() -> str:
    """Write the page."""
    labels = {label["construct"]: label["next"] for label in construct_document()["labels"]}
    listed = sorted(constructs().values(), key=lambda each: list(AREAS).index(each.area))
    parts = [_HEAD]
    for area, of_area in groupby(listed, key=lambda each: each.area):
        rows = [_row(each, labels.get(each.name)) for each in of_area]
        parts.append(f"\n## {AREAS[area]}\n")
        parts.append("| rule | in Lago | becomes | how, or what to do | Lago's next invoice |")
        parts.append("| --- | --- | --- | --- | --- |")
        parts += rows
    counts = {fate: sum(each.fate is fate for each in listed) for fate in Fate}
    parts.append(
        f"\n{len(listed)} constructs: {counts[Fate.CARRIED]} carried,"
        f" {counts[Fate.KEPT_OUT]} kept out by name, {counts[Fate.STAYS_IN_APP]} stay in the app."
    )
    return "\n".join(parts) + "\n"


def _row(construct: Construct, coming: Json | None) -> str:
    match construct.fate:
        case Fate.CARRIED:
            how, becomes = construct.odoo, "carried"
        case Fate.KEPT_OUT:
            how, becomes = f"{construct.why} {construct.remedy}", "kept out"
        case _:
            how, becomes = construct.remedy, "stays"
    bill = "; ".join(_bill(coming)) if coming and construct.fate is not Fate.KEPT_OUT else ""
    cells = (f"`{construct.name}`", construct.what, becomes, how, bill)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _bill(coming: Json) -> Iterator[str]:
    yield coming["due_on"]
    for line in coming["lines"]:
        units = "" if line["item"] in ("flat", "minimum") else f"{line['units']} x "
        part = " ".join(map(_value, line.get("part", {}).values()))
        yield f"{line['item']}{f' ({part})' if part else ''} {units}{line['amount']}"
    for code, amount in coming["coupons"].items():
        yield f"{code} -{amount}"
    yield f"tax {coming['tax']}"
    yield f"total {coming['total']} {coming['currency']}"


def _value(value: object) -> str:
    return " or ".join(value) if isinstance(value, list) else str(value)
