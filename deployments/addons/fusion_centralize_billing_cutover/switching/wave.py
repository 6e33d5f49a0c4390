"""The wave of a cutover: whom it could be about, who is ready, and what holds the others."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from odoo.tools import SQL

from .customer_conditions import CONDITIONS, Found, Scope
from .first_bill import first_bill, terms_of
from .holdings import Holdings
from .judging import NOT_LOADED, Reason, reasons_against, remarks
from .requirements import EXAMPLES, Gate, Requirements, digest
from .scope import BILLABLE, to_switch
from .source_bills import Billed, not_carried


@dataclass(slots=True)
class Standing:
    """A customer whom a cutover could be about.

    Attributes:
        external_id: The account's id at the service.
        link_id: Of the account in Odoo; None if it is not there.
        subscriptions: How many shadow orders would be switched.
        billed: What the old side bills them now: by subscription why it is not carried, or "".
        revenue: What the old side billed in the latest cycle, or, where it was not due, what the
            first invoices come to; before tax, in ``currency``.
        reasons: What keeps them back; none: they are ready.
        notes: What a person should know and what keeps nobody back: decisions used, before all.
        compared: What the latest cycle compared: billed there, and by Odoo; None without.
        bill: Their first invoices, one for each subscription.
        digest: SHA-256 of all that makes their bill, and of the reasons.
    """

    external_id: str
    link_id: int | None
    subscriptions: int = 0
    billed: dict[str, str] = field(default_factory=dict)
    revenue: Decimal = Decimal(0)
    currency: str = ""
    reasons: list[Reason] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    compared: tuple[Decimal, Decimal] | None = None
    bill: list[dict] = field(default_factory=list)
    digest: str = ""

    @property
    def ready(self) -> bool:
        """Whether nothing keeps them back."""
        return not self.reasons

    @property
    def codes(self) -> list[str]:
        """The codes of the reasons, each once."""
        return sorted({reason.code for reason in self.reasons})

    @property
    def text(self) -> str:
        """The reasons, a sentence a line."""
        return "\n".join(reason.sentence for reason in self.reasons)

    def as_dict(self) -> dict:
        """Return it as JSON types, without the bill."""
        return {
            "customer": self.external_id,
            "ready": self.ready,
            "codes": self.codes,
            "reasons": [reason.sentence for reason in self.reasons],
            "notes": self.notes,
            "revenue": f"{self.revenue:.2f}",
            "currency": self.currency,
            "subscriptions": self.subscriptions,
        }

    def as_record(self) -> dict:
        """Return the values with which a cutover keeps it."""
        return {
            "external_id": self.external_id,
            "link_id": self.link_id,
            "ready": self.ready,
            "codes": ",".join(self.codes),
            "waits_for": self.reasons[0].group if self.reasons else False,
            "reasons": self.text,
            "notes": "\n".join(self.notes),
            "billed_before": float(self.compared[0]) if self.compared else 0.0,
            "odoo_before": float(self.compared[1]) if self.compared else 0.0,
            "bill_changes": bool(self.compared and self.compared[0] != self.compared[1]),
            "revenue": float(self.revenue),
            "currency": self.currency,
            "subscription_count": self.subscriptions,
            "billed": self.billed,
            "bill": self.bill,
            "digest": self.digest,
        }


def wave_of(
    held: Holdings, chosen: list[str] | None, requirements: Requirements, billed: Billed | None
) -> list[Standing]:
    """Return how each customer stands who is not live yet and has something to be billed.

    Args:
        held: What Odoo holds of the service's customers.
        chosen: Account ids; None for everybody.
        requirements: What is asked for.
        billed: What the old side bills now, as ``read_billed`` gives it; None: nobody asked.
    """
    env, service = held.env, held.service
    links = to_switch(service, chosen)
    scope = Scope(env, service, links)
    found = _known(scope, held, chosen, billed or {})
    waived = requirements.waived_codes()
    for standing in found.values():
        _judge(standing, held, waived)
    for condition in CONDITIONS:
        _hold_back(found, condition(scope), waived)
    if billed is not None:
        ours = {key: theirs for key, theirs in billed.items() if key in found}
        _hold_back(found, not_carried(env, service, ours, links))
    wave = sorted(found.values(), key=lambda one: one.external_id)
    _add_bills(env, held, wave)
    return wave


def somebody_ready(wave: list[Standing]) -> Gate:
    """Return the condition that there is anybody to switch; it says how many wait, and for what."""
    if not wave:
        return Gate("somebody_ready", ok=False, sentence="Nobody is left to switch.")
    ready = [standing for standing in wave if standing.ready]
    waiting = Counter(one.reasons[0].group for one in wave if not one.ready)
    words = f"{len(ready)} of {len(wave)} customers are ready"
    if share := _share(ready, wave):
        words += f", {share:.1%} of revenue"
    if waiting:
        parts = (f"{count} wait for {group}" for group, count in waiting.most_common())
        words += f"; {', '.join(parts)}"
    examples = tuple(one.external_id for one in wave if not one.ready)[:EXAMPLES]
    return Gate("somebody_ready", bool(ready), f"{words}.", len(wave) - len(ready), examples)


def _share(ready: list[Standing], wave: list[Standing]) -> Decimal:
    """Return the share of what all of them pay, if all of it is in one currency; else 0."""
    if len({one.currency for one in wave if one.currency}) != 1:
        return Decimal(0)
    whole = sum(one.revenue for one in wave)
    return Decimal(sum(one.revenue for one in ready)) / whole if whole else Decimal(0)


def _known(
    scope: Scope, held: Holdings, chosen: list[str] | None, billed: Billed
) -> dict[str, Standing]:
    """Return whom it is about: with a bill here or there, kept out, or named by the caller."""
    query = SQL(
        """
        SELECT link.external_id, link.id, count(so.id)
        FROM fusion_billing_account_link link
        LEFT JOIN sale_order so ON so.x_fc_account_link_id = link.id AND %s
        WHERE %s GROUP BY link.id
        """,
        BILLABLE,
        scope.links,
    )
    here = {key: Standing(key, *rest) for key, *rest in scope.env.execute_query(query)}
    strangers = {key for key, one in held.customers.items() if key and one.link_id is None}
    names = {*here, *(chosen if chosen is not None else {*billed, *strangers})}
    found = {}
    for key in names:
        judged = held.customers.get(key)
        if key not in here and judged and judged.link_id is not None:
            continue  # Live already.
        standing = here.get(key) or Standing(key, None)
        standing.billed = dict(billed.get(key, {}))
        has_bill = standing.subscriptions or standing.billed
        if chosen is not None and not has_bill:
            sentence = "They have no subscription in Odoo."
            _add(standing, Reason("no_subscription", "a subscription", sentence))
        if chosen is not None or has_bill or (judged and (judged.orders or judged.kept_out)):
            found[key] = standing
    return found


def _judge(standing: Standing, held: Holdings, waived: frozenset[str]) -> None:
    """Add what their readiness says, what is waived left aside."""
    judged = held.customers.get(standing.external_id)
    if judged is None:
        _add(standing, NOT_LOADED)
        return
    for reason in reasons_against(judged, held.cycles):
        _add(standing, reason, waived)
    standing.notes += remarks(judged, held.cycles)
    unknown = judged.link_id is None
    if unknown and not {one.code for one in standing.reasons} & {"kept_out", "not_loaded"}:
        _add(standing, NOT_LOADED)


def _hold_back(
    found: dict[str, Standing], reasons: Found, waived: frozenset[str] = frozenset()
) -> None:
    for key, reason in reasons:
        if key in found:
            _add(found[key], reason, waived)


def _add(standing: Standing, reason: Reason, waived: frozenset[str] = frozenset()) -> None:
    if reason.code in waived:
        standing.notes.append(f"{reason.sentence} Not required.")
    elif reason not in standing.reasons:
        standing.reasons.append(reason)


def _add_bills(env, held: Holdings, wave: list[Standing]) -> None:
    """Add to each customer the first invoices, what they come to, and the digest of all of it."""
    links = env["fusion.billing.account.link"].browse([one.link_id for one in wave if one.link_id])
    query = SQL(
        "SELECT so.id FROM sale_order so WHERE so.x_fc_account_link_id = ANY(%s) AND %s"
        " ORDER BY so.id",
        links.ids,
        BILLABLE,
    )
    orders = env["sale.order"].browse(order_id for (order_id,) in env.execute_query(query))
    by_link = orders.grouped("x_fc_account_link_id")
    # Of the recordset each is read with all others; browsed alone it would be read alone.
    by_id = {link.id: link for link in links}
    latest = held.rows[0] if held.rows else ()
    compared = {(one.customer, one.currency_id.id): (one.billed, one.odoo) for one in latest}
    cycles = [[cycle.id, cycle.digest] for cycle in held.records]
    for standing in wave:
        link = by_id.get(standing.link_id, links.browse())
        theirs = by_link.get(link, orders.browse())
        currency = theirs[:1].currency_id or held.service.company_id.currency_id
        standing.bill = [first_bill(order) for order in theirs]
        standing.revenue = sum((Decimal(one["untaxed"]) for one in standing.bill), Decimal(0))
        if standing.external_id in held.revenue:
            standing.revenue, currency_id = held.revenue[standing.external_id]
            currency = currency.browse(currency_id)
            amounts = compared.get((standing.external_id, currency_id))
            standing.compared = amounts and tuple(Decimal(str(one)) for one in amounts)
        standing.currency = currency.name
        standing.digest = digest(
            {
                "cycles": cycles,
                "terms": terms_of(link, theirs) if link else {},
                "bill": standing.bill,
                "billed": standing.billed,
                "notes": standing.notes,
                "reasons": sorted(f"{one.code} {one.sentence}" for one in standing.reasons),
            }
        )
