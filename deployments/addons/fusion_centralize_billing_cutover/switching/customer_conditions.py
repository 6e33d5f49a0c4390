"""What keeps single customers back beside their readiness; each closes them, and nobody else.

Readiness (``judging.py``) is what the comparisons, the copy and the orders say at any time. A
condition here is the switch's own: a function of a scope that yields, for whom it holds back, the
account's id at the service and the reason. ``CONDITIONS`` names them in the order in which a
person reads them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from odoo.tools import SQL

from .cards import without_usable_card
from .judging import Reason
from .scope import BILLABLE

Found = Iterator[tuple[str, Reason]]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom to look at.

    Attributes:
        env: Superuser environment in the service's company; all is written to the database.
        service: The ``fusion.billing.service``.
        links: Condition on the accounts, ``link``.
    """

    env: object
    service: object
    links: SQL

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


def days_in_order(scope: Scope) -> Found:
    """Find who has a subscription that starts after its first invoice."""
    for customer, order in scope.orders(SQL("so.start_date > so.next_invoice_date")):
        sentence = f"Order {order} starts after the end of its period."
        yield customer, Reason("order", "a shadow order", sentence)


def recurring_plans(scope: Scope) -> Found:
    """Find who has a subscription that recurs by a plan that is not ours."""
    own = scope.env["sale.subscription.plan"]._fc_own()
    for customer, order in scope.orders(SQL("NOT recurring.id = ANY(%s)", own.ids)):
        sentence = f"Order {order} recurs by a plan that is not one of ours."
        yield customer, Reason("recurring_plan", "a recurring plan of ours", sentence)


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
        sentence = f"A charge of order {order}'s plan is linked before its time."
        yield customer, Reason("charge_linked", "another load", sentence)


def cards(scope: Scope) -> Found:
    """Find who pays by card and could not be charged."""
    for customer, sentence in without_usable_card(scope.env, scope.links).items():
        yield customer, Reason("unusable_card", "a card", sentence)


CONDITIONS: tuple[Callable[[Scope], Found], ...] = (
    days_in_order,
    recurring_plans,
    charges_unlinked,
    cards,
)
