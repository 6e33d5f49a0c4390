"""What must hold in Odoo for the whole service before anybody is switched."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.tools import SQL

from .credits import totals
from .holdings import Holdings
from .requirements import Gate, Requirements, gate_of
from .scope import to_switch

# A dual run speaks of the month before the last, and the next may be late.
FRESH = timedelta(days=100)
_ACCOUNTS = ("deferred_revenue_account_id", "deferred_expense_account_id")


def gates_of(held: Holdings, customers: list[str] | None, requirements: Requirements) -> list[Gate]:
    """Return what closes the gate for everybody, in the order in which a person looks at it.

    Who else is kept back says the wave.

    Args:
        held: What Odoo holds of the service's customers.
        customers: External ids of a pilot group; None for all.
        requirements: The limits.
    """
    env, service = held.env, held.service
    return [
        _phase(service),
        _orders_known(env, service),
        _recurring_plans(env),
        invoice_policy(env, service),
        deferred_accounts(service.company_id),
        *_cycles(requirements, held.records),
        *_owed(env, to_switch(service, customers)),
    ]


def _phase(service) -> Gate:
    names = dict(service._fields["phase"].selection)
    ok = service.phase in ("dual_run", "cutover")
    rest = "" if ok else "; it must be in a dual run"
    return Gate("phase", ok, f"The service is in the phase {names[service.phase]}{rest}.")


def _owed(env, links: SQL) -> list[Gate]:
    """Say what the switch posts as credit of the customers; nothing, if nobody is owed any."""
    found = totals(env, links)
    if not found:
        return []
    kinds = env["fusion.billing.opening.credit"]._fields["kind"]
    names = dict(kinds._description_selection(env))
    parts = ", ".join(
        f"{count} times {names[kind].lower()}, {amount:,.2f} {currency}"
        for kind, currency, count, amount in found
    )
    words = f"The old side owes these customers: {parts}. The switch posts it as their credit."
    return [Gate("opening_credits", True, words, sum(each[2] for each in found))]


def _orders_known(env, service) -> Gate:
    query = SQL(
        """
        SELECT so.x_fc_external_id FROM sale_order so
        WHERE so.x_fc_service_id = %s AND so.x_fc_external_id IS NOT NULL
            AND so.x_fc_account_link_id IS NULL AND so.state != 'cancel'
        """,
        service.id,
    )
    found = [key for (key,) in env.execute_query(query)]
    bad = "orders have no account, and stay where they are: load again."
    return replace(gate_of("orders_known", found, "Every order has its account.", bad), ok=True)


def _cycles(wanted: Requirements, records: list) -> list[Gate]:
    """Return the gates of the dual runs: enough in a row, and what the latest came to."""
    have = len(records)
    sentence = f"{have} dual runs in a row are on record; {wanted.green_cycles} are required."
    fresh = not records or records[0].period_end >= fields.Datetime.now() - FRESH
    if not fresh:
        sentence += f" The latest ended on {records[0].period_end.date()}: run a newer one."
    gates = [Gate("green_cycles", have >= wanted.green_cycles and fresh, sentence)]
    if not records:
        return gates
    latest = records[0]
    good, bad = Decimal(latest.matched + latest.decided), abs(Decimal(str(latest.unexplained)))
    rate = good / latest.line_count if latest.line_count else Decimal(0)
    words = (
        f"In the latest, {rate:.2%} of the lines are settled or decided"
        f" ({Decimal(wanted.match_rate):.2%} are wished for), and {bad:,.2f} is unexplained;"
        " who differs is kept back alone."
    )
    return [*gates, Gate("latest_cycle", ok=True, sentence=words)]


def _recurring_plans(env) -> Gate:
    broken = env["sale.subscription.plan"]._fc_own()._fc_faults()
    good = "Our recurring plans close, charge and bother nobody on their own."
    return gate_of("recurring_plans", broken, good, "settings of recurring plans must be mended.")


def invoice_policy(env, service) -> Gate:
    """Say whether every product of the service is billed by what was ordered."""
    query = SQL(
        """
        SELECT DISTINCT plan.code FROM fusion_billing_plan plan
        JOIN product_product product
            ON product.id IN (plan.flat_product_id, plan.overage_product_id)
        JOIN product_template template ON template.id = product.product_tmpl_id
        WHERE plan.service_id = %s AND template.invoice_policy IS DISTINCT FROM 'order'
        ORDER BY plan.code
        """,
        service.id,
    )
    broken = [code for (code,) in env.execute_query(query)]
    good = "Every plan is billed by what was ordered."
    bad = "plans are billed by what was delivered, that is never: load again."
    return gate_of("invoice_policy", broken, good, bad)


def deferred_accounts(company) -> Gate:
    """Say whether the company has the accounts that invoices of subscriptions need."""
    known = [name for name in _ACCOUNTS if name in company._fields]
    broken = [company._fields[name].string for name in known if not company[name]]
    good = "The company has accounts for deferred revenue and expenses."
    bad = "accounts that invoices of subscriptions need are not set."
    return gate_of("deferred_accounts", broken, good, bad)
