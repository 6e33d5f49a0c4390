"""The way back: customers from live to shadow, as long as nothing was posted for them."""

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.loader.halving import load_in_halves
from odoo.addons.fusion_centralize_billing.models.sale_order import SILENT

from . import credits
from .scope import Customer, find_customers, in_order

RETURNED = "returned"
UNCHANGED = "unchanged"
# A payment that was tried and did not happen keeps nobody.
_IDLE = {"draft", "cancel", "error"}
_KEPT_STATES = {"sale", "cancel"}


class WayBack:
    """Returns the customers of one bundle.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        who: The name of who decided; None only checks.
        reason: Why.
        key: Of the bundle, for the record.
        user: Who calls.
    """

    def __init__(self, env, service, *, who=None, reason=None, key=None, user=None) -> None:
        # The app knows these subscriptions already: who bills them is no event of theirs.
        self.env = env(context={**env.context, SILENT: True})
        self.service = service
        self.who = who
        self.reason = reason
        self.key = key
        self.user = user
        self.orders = {}

    def check(self, external_ids: list[str]) -> list[Customer]:
        """Return the customers in their order; who cannot return has failed."""
        found = find_customers(self.env, self.service, external_ids)
        customers = in_order(found, external_ids)
        theirs = [customer.link_id for customer in customers if customer.live]
        orders = self.env["sale.order"].search([("x_fc_account_link_id", "in", theirs)])
        by_link = orders.grouped("x_fc_account_link_id")
        self.orders = {link.id: orders for link, orders in by_link.items()}
        for customer in customers:
            if customer.live:
                self._check_orders(customer)
            elif customer.link_id:
                customer.outcome = UNCHANGED
        return customers

    def run(self, external_ids: list[str]) -> list[Customer]:
        """Return these customers to shadow, each whole or not at all."""
        customers = self.check(external_ids)
        todo = [customer for customer in customers if not customer.outcome]
        load_in_halves(self.env, todo, self._return)
        return customers

    def _orders_of(self, customer: Customer):
        return self.orders.get(customer.link_id, self.env["sale.order"])

    def _check_orders(self, customer: Customer) -> None:
        orders = self._orders_of(customer)
        posted = orders.invoice_ids.filtered(lambda one: one.state == "posted" or one.posted_before)
        paid = orders.transaction_ids.filtered(lambda one: one.state not in _IDLE)
        made_here = orders.filtered(
            lambda one: one.state != "cancel" and not one.x_fc_shadow and not one.x_fc_billed_from
        )
        odd = orders.filtered(lambda one: not one.x_fc_shadow and one.state not in _KEPT_STATES)
        if posted:
            names = ", ".join(one.name or "?" for one in posted[:5])
            customer.fail("invoice_posted", f"Odoo has posted {names}: credit it and stay live.")
        elif paid:
            customer.fail("payment", f"Odoo has a payment, {paid[:1].reference}: settle it first.")
        elif credits.used(self.env["fusion.billing.account.link"].browse(customer.link_id)):
            customer.fail("credit_used", "Some of what the old side owed them is used up here.")
        elif made_here or odd:
            name = (made_here or odd)[:1].name
            customer.fail("order_changed", f"{name} is no order of the cutover any more.")

    def _return(self, customers: list[Customer]) -> None:
        """Write the step back of these customers, all of it; they are in one savepoint."""
        env = self.env
        orders = env["sale.order"].union(
            *(
                self._orders_of(customer).filtered(
                    lambda one: one.x_fc_billed_from and not one.x_fc_shadow
                )
                for customer in customers
            )
        )
        orders.invoice_ids.unlink()
        orders.filtered("locked").action_unlock()
        orders.filtered(lambda one: one.state == "sale")._action_cancel()
        orders.action_draft()
        self._unbill(orders)
        orders.write(
            {
                "x_fc_shadow": True,
                "subscription_state": "1_draft",
                "payment_token_id": False,
                "x_fc_billed_from": False,
                "x_fc_usage_from": False,
                "x_fc_billed_until": False,
                # The next load looks at every value of the order again.
                "x_fc_fingerprint": False,
            }
        )
        links = env["fusion.billing.account.link"].browse([one.link_id for one in customers])
        self._record(customers, links)
        credits.take_back(links)
        links.write({"billing_state": "shadow", "live_since": False})
        env["fusion.billing.charge"]._follow_orders(
            self.service, orders.mapped("x_fc_nexacloud_plan_id")
        )
        env.flush_all()
        for customer in customers:
            customer.outcome = RETURNED
            customer.told = [
                {"subscription": order._fc_public_id(), "order_id": order.id}
                for order in self._orders_of(customer) & orders
            ]

    def _unbill(self, orders) -> None:
        """Make billed ratings previews again, and take their lines off the orders."""
        self.env.flush_all()
        query = SQL(
            """
            UPDATE fusion_billing_rating rating SET state = 'preview', order_line_id = NULL
            FROM fusion_billing_rating before
            WHERE before.id = rating.id AND rating.subscription_id = ANY(%s)
                AND rating.state = 'billed'
            RETURNING before.order_line_id
            """,
            orders.ids,
        )
        lines = [line_id for (line_id,) in self.env.execute_query(query) if line_id]
        self.env["fusion.billing.rating"].invalidate_model()
        self.env["sale.order.line"].browse(lines).unlink()

    def _record(self, customers: list[Customer], links) -> None:
        last = self.env["fusion.billing.approval"].search([], order="id desc", limit=1)
        self.env["fusion.billing.cutover.move"].create(
            [
                {
                    "cutover_id": link.cutover_id.id,
                    "service_id": self.service.id,
                    "link_id": link.id,
                    "kind": RETURNED,
                    "who": self.who,
                    "reason": self.reason,
                    "user_id": self.user.id,
                    "order_count": len(customer.held),
                    "key": self.key,
                    "last_approval": last.id,
                }
                for customer, link in zip(customers, links, strict=True)
            ]
        )
