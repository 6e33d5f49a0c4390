"""The wave of a cutover: whom it could be about, who is ready, and what holds the others."""

from collections import Counter
from decimal import Decimal

from odoo.tools import SQL

from .conditions import EXAMPLES, Gate
from .customer_conditions import CONDITIONS, Found, Scope
from .digests import digest
from .first_bill import first_bill, terms_of
from .holdings import Holdings
from .judging import Reason, reasons_against, remarks
from .requirements import Requirements
from .scope import BILLABLE
from .source_bills import Billed, not_carried
from .standing import Standing

_NOT_LOADED = Reason("not_loaded", "the copy", "Odoo does not know this customer.")


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
    links = SQL("link.service_id = %s AND link.billing_state != 'live'", service.id)
    if chosen is not None:
        links = SQL("%s AND link.external_id = ANY(%s)", links, list(chosen))
    scope = Scope(env, service, links)
    found = _known(scope, held, chosen, billed or {})
    for standing in found.values():
        _judge(standing, held, requirements)
    for condition in CONDITIONS:
        _hold_back(found, condition(scope), requirements.waived_codes())
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


def _judge(standing: Standing, held: Holdings, requirements: Requirements) -> None:
    """Add what their readiness says, what is waived left aside."""
    judged = held.customers.get(standing.external_id)
    if judged is None:
        _add(standing, _NOT_LOADED)
        return
    waived = requirements.waived_codes()
    for reason in reasons_against(judged, held.cycles):
        if reason.code not in waived:
            _add(standing, reason)
        else:
            standing.notes.append(f"{reason.sentence} Not required.")
    standing.notes += remarks(judged, held.cycles)
    unknown = judged.link_id is None
    if unknown and not {one.code for one in standing.reasons} & {"kept_out", "not_loaded"}:
        _add(standing, _NOT_LOADED)


def _hold_back(
    found: dict[str, Standing], reasons: Found, waived: frozenset[str] = frozenset()
) -> None:
    for key, reason in reasons:
        if key in found and reason.code in waived:
            found[key].notes.append(f"{reason.sentence} Not required.")
        elif key in found:
            _add(found[key], reason)


def _add(standing: Standing, reason: Reason) -> None:
    if reason not in standing.reasons:
        standing.reasons.append(reason)


def _add_bills(env, held: Holdings, wave: list[Standing]) -> None:
    """Add to each customer the first invoices, what they come to, and the digest of all of it."""
    links = env["fusion.billing.account.link"].browse([one.link_id for one in wave if one.link_id])
    orders = env["sale.order"].browse(
        order_id
        for (order_id,) in env.execute_query(
            SQL(
                "SELECT so.id FROM sale_order so WHERE so.x_fc_account_link_id = ANY(%s) AND %s"
                " ORDER BY so.id",
                links.ids,
                BILLABLE,
            )
        )
    )
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
