"""The wave of a cutover: whom it could be about, who is ready, and what holds the others."""

import hashlib
import json
from collections import Counter
from decimal import Decimal

from odoo.tools import SQL

from .conditions import EXAMPLES, Gate
from .customer_conditions import CONDITIONS, Scope
from .first_bill import first_bill, terms_of
from .requirements import Requirements
from .scope import BILLABLE
from .source_bills import Billed, not_carried
from .standing import Reason, Standing


def wave_of(
    env, service, chosen: list[str] | None, requirements: Requirements, billed: Billed | None
) -> list[Standing]:
    """Return how each customer stands who is not live yet and has something to be billed.

    Args:
        env: Superuser environment in the service's company; all is written to the database.
        service: The ``fusion.billing.service``.
        chosen: Account ids; None for everybody.
        requirements: What is asked for.
        billed: What the old side bills now, as ``read_billed`` gives it; None: nobody asked.
    """
    links = SQL("link.service_id = %s AND link.billing_state != 'live'", service.id)
    if chosen is not None:
        links = SQL("%s AND link.external_id = ANY(%s)", links, list(chosen))
    scope = Scope(env, service, links, requirements)
    found = _known(scope, chosen, billed or {})
    for condition in CONDITIONS:
        _hold_back(found, condition(scope))
    if billed is not None:
        ours = {key: held for key, held in billed.items() if key in found}
        _hold_back(found, not_carried(env, service, ours, links))
    about = [one for one in found.values() if one.subscriptions or one.reasons or one.billed]
    _add_bills(env, about)
    return sorted(about, key=lambda one: one.external_id)


def somebody_ready(wave: list[Standing]) -> Gate:
    """Return the condition that there is anybody to switch; it says how many wait, and for what."""
    ready = [standing for standing in wave if standing.ready]
    waiting = Counter(one.reasons[0].code for one in wave if not one.ready)
    words = f"{len(ready)} of {len(wave)} customers are ready"
    if share := _share(ready, wave):
        words += f", {share:.1%} of revenue"
    if waiting:
        parts = (f"{count} {code}" for code, count in waiting.most_common())
        words += f"; the others wait: {', '.join(parts)}"
    examples = tuple(one.external_id for one in wave if not one.ready)[:EXAMPLES]
    return Gate("somebody_ready", bool(ready), f"{words}.", len(wave) - len(ready), examples)


def _share(ready: list[Standing], wave: list[Standing]) -> Decimal:
    """Return the share of what all of them pay, if all of it is in one currency; else 0."""
    if len({one.currency for one in wave if one.currency}) != 1:
        return Decimal(0)
    whole = sum(one.revenue for one in wave)
    return Decimal(sum(one.revenue for one in ready)) / whole if whole else Decimal(0)


def as_digest(rests_on: object) -> str:
    """Return the SHA-256 of what a decision rests on, as canonical JSON."""
    text = json.dumps(rests_on, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _known(scope: Scope, chosen: list[str] | None, billed: Billed) -> dict[str, Standing]:
    """Return the customers in Odoo, and those whom only the old side, or the caller, knows."""
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
    found = {key: Standing(key, *rest) for key, *rest in scope.env.execute_query(query)}
    names = chosen if chosen is not None else list(billed)
    unknown = [key for key in names if key not in found]
    links = scope.env["fusion.billing.account.link"].search(
        [("service_id", "=", scope.service.id), ("external_id", "in", unknown)]
    )
    live = set(links.mapped("external_id"))
    for key in unknown:
        if key not in live:
            reason = Reason("unknown_customer", "No account of the service in Odoo has this id.")
            found[key] = Standing(key, None, reasons=[reason])
    for key, standing in found.items():
        standing.billed = dict(billed.get(key, {}))
        if chosen is not None and not (standing.subscriptions or standing.billed):
            _add(standing, Reason("no_subscription", "They have no subscription in Odoo."))
    return found


def _hold_back(found: dict[str, Standing], reasons) -> None:
    for key, reason in reasons:
        if key in found:
            _add(found[key], reason)


def _add(standing: Standing, reason: Reason) -> None:
    if reason not in standing.reasons:
        standing.reasons.append(reason)


def _add_bills(env, about: list[Standing]) -> None:
    """Add to each customer the first invoices, what they come to, and the digest of all of it."""
    links = env["fusion.billing.account.link"].browse([one.link_id for one in about if one.link_id])
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
    for standing in about:
        link = links.browse(standing.link_id)
        theirs = by_link.get(link, orders.browse())
        standing.bill = [first_bill(order) for order in theirs]
        standing.currency = theirs[:1].currency_id.name or ""
        standing.revenue = sum((Decimal(one["untaxed"]) for one in standing.bill), Decimal(0))
        standing.digest = as_digest(
            {
                "terms": terms_of(link, theirs) if link else {},
                "bill": standing.bill,
                "billed": standing.billed,
                "reasons": sorted(f"{one.code} {one.sentence}" for one in standing.reasons),
            }
        )
