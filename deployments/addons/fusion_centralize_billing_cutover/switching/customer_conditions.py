"""What keeps single customers back; each condition closes them, and nobody else.

A condition is a function of a scope that yields, for whom it holds back, the account's id at the
service and the reason. ``CONDITIONS`` names them in the order in which a person reads them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from odoo.tools import SQL

from .not_loaded import not_loaded
from .requirements import Requirements
from .scope import BILLABLE, PAYS
from .standing import Reason

Found = Iterator[tuple[str, Reason]]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom to look at.

    Attributes:
        env: Superuser environment in the service's company; all is written to the database.
        service: The ``fusion.billing.service``.
        links: Condition on the accounts, ``link``.
        requirements: What is asked for.
    """

    env: object
    service: object
    links: SQL
    requirements: Requirements

    def orders(self, condition: SQL) -> list[tuple[str, str]]:
        """Return account and order of the orders to be switched for which a condition holds."""
        query = SQL(
            """
            SELECT link.external_id, so.x_fc_external_id
            FROM sale_order so
            JOIN fusion_billing_account_link link ON link.id = so.x_fc_account_link_id
            LEFT JOIN sale_subscription_plan recurring ON recurring.id = so.plan_id
            WHERE %s AND %s AND (%s)
            ORDER BY so.id
            """,
            self.links,
            BILLABLE,
            condition,
        )
        return self.env.execute_query(query)

    def accounts(self, condition: SQL) -> list[str]:
        """Return the accounts for which a condition holds."""
        query = SQL(
            """
            SELECT link.external_id FROM fusion_billing_account_link link
            JOIN res_partner contact ON contact.id = link.partner_id
            WHERE %s AND (%s)
            """,
            self.links,
            condition,
        )
        return [key for (key,) in self.env.execute_query(query)]


def _of_orders(scope: Scope, code: str, sentence: str, condition: str) -> Found:
    for customer, order in scope.orders(SQL(condition)):
        yield customer, Reason(code, sentence.format(order=order))


def orders_draft(scope: Scope) -> Found:
    """Find who has an order that somebody sent, confirmed, or took out of the shadow."""
    broken = "so.state != 'draft' OR so.x_fc_shadow IS NOT TRUE"
    sentence = "Order {order} is no draft in shadow any more."
    return _of_orders(scope, "order_not_draft", sentence, broken)


def payment_tokens(scope: Scope) -> Found:
    """Find who has a shadow that could charge."""
    sentence = "Order {order} has a payment method."
    return _of_orders(scope, "payment_token", sentence, "so.payment_token_id IS NOT NULL")


def calendars(scope: Scope) -> Found:
    """Find who has a subscription whose days nobody can tell."""
    broken = (
        "so.start_date IS NULL OR so.plan_id IS NULL OR so.next_invoice_date IS NULL"
        " OR so.start_date > so.next_invoice_date"
    )
    sentence = "Order {order} lacks a start, a cycle or the end of its period, or starts after it."
    return _of_orders(scope, "no_calendar", sentence, broken)


def recurring_plans(scope: Scope) -> Found:
    """Find who has a subscription that recurs by a plan that is not ours."""
    own = scope.env["sale.subscription.plan"]._fc_own()
    for customer, order in scope.orders(SQL("NOT recurring.id = ANY(%s)", own.ids)):
        yield customer, Reason("recurring_plan", f"Order {order} recurs by a plan not of ours.")


def charges_unlinked(scope: Scope) -> Found:
    """Find who has a plan that would charge usage already, while nobody is live on it."""
    broken = SQL(
        """
        EXISTS (
            SELECT FROM fusion_billing_charge charge
            JOIN fusion_billing_plan plan ON plan.id = charge.service_plan_id
            WHERE charge.plan_id IS NOT NULL AND plan.service_id = so.x_fc_service_id
                AND plan.external_id = so.x_fc_nexacloud_plan_id
        ) AND NOT EXISTS (
            SELECT FROM sale_order other
            WHERE other.x_fc_service_id = so.x_fc_service_id
                AND other.x_fc_nexacloud_plan_id = so.x_fc_nexacloud_plan_id
                AND other.state = 'sale' AND other.x_fc_shadow IS NOT TRUE
        )
        """
    )
    for customer, order in scope.orders(broken):
        yield (
            customer,
            Reason("charge_linked", f"A charge of order {order}'s plan is linked before its time."),
        )


def stripe_ids(scope: Scope) -> Found:
    """Find who pays and has no Stripe customer."""
    if not scope.requirements.stripe_ids:
        return
    for customer in scope.accounts(SQL("COALESCE(link.stripe_customer_id, '') = '' AND %s", PAYS)):
        yield customer, Reason("no_stripe_id", "The customer pays and has no Stripe customer.")


def contacts(scope: Scope) -> Found:
    """Find whose contact was archived."""
    for customer in scope.accounts(SQL("contact.active IS NOT TRUE")):
        yield customer, Reason("contact_archived", "Their contact in Odoo is archived.")


def loaded(scope: Scope) -> Found:
    """Find whom the last import left out, or part of theirs."""
    if not scope.requirements.payers_loaded:
        return
    _run, keys = not_loaded(scope.env, scope.service)
    if not keys:
        return
    names = list(keys)
    for customer in scope.accounts(SQL("link.external_id = ANY(%s)", names)):
        yield customer, Reason("not_loaded", "The last import left them out.")
    for customer, order in scope.orders(SQL("so.x_fc_external_id = ANY(%s)", names)):
        yield customer, Reason("not_loaded", f"The last import left out order {order}.")


def differences(scope: Scope) -> Found:
    """Find who has a difference that is open without an explanation."""
    query = SQL(
        """
        SELECT link.external_id, count(*) FROM fusion_billing_reconciliation line
        JOIN fusion_billing_account_link link
            ON link.service_id = line.service_id AND link.external_id = line.customer
        WHERE %s AND line.status = 'delta' AND line.cause = 'unexplained'
        GROUP BY link.external_id
        """,
        scope.links,
    )
    for customer, count in scope.env.execute_query(query):
        yield (
            customer,
            Reason("difference_open", f"{count} of their differences are open and unexplained."),
        )


CONDITIONS: tuple[Callable[[Scope], Found], ...] = (
    orders_draft,
    payment_tokens,
    calendars,
    recurring_plans,
    charges_unlinked,
    contacts,
    stripe_ids,
    loaded,
    differences,
)
