"""The switch: customers from shadow to live, each whole or not at all."""

from datetime import date

from odoo import fields

from odoo.addons.fusion_centralize_billing.loader.halving import load_in_halves
from odoo.addons.fusion_centralize_billing.loader.writing import write_grouped
from odoo.addons.fusion_centralize_billing.models.sale_order import SILENT

from . import credits
from .boundaries import boundary_at, read_day
from .cards import give_cards
from .first_bill import check_held, held_of
from .holdings import Holdings
from .requirements import Requirements
from .scope import Customer, Held, find_customers, in_order
from .source_bills import Billed
from .wave import wave_of

SWITCHED = "switched"
UNCHANGED = "unchanged"
FAILED = "failed"
MAX_BUNDLE = 500


class Switch:
    """Switches the customers of one bundle.

    Args:
        env: Superuser environment in the service's company.
        cutover: The approved ``fusion.billing.cutover``.
        approval: Its decision.
        key: Of the bundle, for the record.
        billed_until: By subscription: the first day that the old side has not billed.
        user: Who calls.
        owed: By customer what the old side owes them now: amounts by the credit's id. None: it
            is as it was loaded.
        billed: What the old side bills now, as ``read_billed`` gives it. None: as it was planned.
    """

    def __init__(
        self,
        env,
        cutover,
        approval,
        key: str,
        billed_until: dict,
        user,
        owed: dict | None = None,
        billed: Billed | None = None,
    ) -> None:
        # The app knows these subscriptions already: who bills them is no event of theirs.
        self.env = env(context={**env.context, SILENT: True})
        self.cutover = cutover
        self.service = cutover.service_id
        self.approval = approval
        self.key = key
        self.billed_until = billed_until
        self.user = user
        self.owed = owed
        self.billed = billed
        self.days: dict[int, tuple[date, date]] = {}
        self.order_ids: list[int] = []
        self.link_ids: list[int] = []

    def run(self, external_ids: list[str]) -> list[Customer]:
        """Switch these customers and return them in their order, each with an outcome."""
        found = find_customers(self.env, self.service, external_ids)
        rows = self.env["fusion.billing.cutover.customer"].search(
            [("cutover_id", "=", self.cutover.id), ("external_id", "in", external_ids)]
        )
        planned = {one.external_id: one for one in rows}
        customers = in_order(found, external_ids)
        for customer in _open(customers):
            plan = planned.get(customer.external_id)
            if customer.live and not customer.shadows:
                customer.outcome = UNCHANGED
                customer.told = self._told(customer.held)
            elif not plan:
                customer.fail("not_in_plan", "The approved plan is not about this customer.")
            elif not plan.ready:
                customer.fail("not_ready", plan.reasons)
        self._read_together(customers)
        self._refuse_returned(_open(customers))
        self._refuse_changed(_open(customers), planned)
        for customer in _open(customers):
            if self.owed is None or self._is_owed_as_planned(customer):
                self._note_all_days(customer)
        load_in_halves(self.env, _open(customers), self._switch)
        return customers

    def rehearse(self, customers: list[Customer]) -> None:
        """Switch customers whom nobody has approved; whoever calls takes it back.

        Whether they are ready is not looked at, only from which days on Odoo bills.
        """
        self._read_together(customers)
        for customer in customers:
            self._note_all_days(customer)
        load_in_halves(self.env, _open(customers), self._switch)

    def _read_together(self, customers: list[Customer]) -> None:
        """Let what one of them needs of its records be read for all of them."""
        self.order_ids = [held.order_id for customer in customers for held in customer.held]
        self.link_ids = [customer.link_id for customer in customers if customer.link_id]

    def _order(self, order_id: int):
        return self.env["sale.order"].browse(order_id).with_prefetch(self.order_ids)

    def _refuse_changed(self, customers: list[Customer], planned: dict) -> None:
        """Fail whoever is not ready any more, or would be billed otherwise than was approved."""
        if not customers:
            return
        billed = {one.external_id: planned[one.external_id].billed or {} for one in customers}
        if self.billed is not None:
            billed = {key: self.billed.get(key, {}) for key in billed}
        requirements = Requirements(**self.cutover.requirements)
        chosen = list(billed)
        held = Holdings(self.env, self.service, requirements.green_cycles, chosen)
        wave = wave_of(held, chosen, requirements, billed)
        now = {standing.external_id: standing for standing in wave}
        for customer in customers:
            standing = now.get(customer.external_id)
            if standing is None:
                # Nothing of theirs can be billed any more, here or there.
                customer.fail("not_in_plan", "They have nothing to be billed any more.")
            elif standing.reasons:
                customer.fail(standing.reasons[0].code, standing.text)
            elif standing.digest != planned[customer.external_id].digest:
                customer.fail(
                    "evidence_changed",
                    "What they would be billed is not what was approved: plan and decide again.",
                )

    def _refuse_returned(self, customers: list[Customer]) -> None:
        """Fail whoever went back to shadow since the decision: it is used up for them."""
        moves = self.env["fusion.billing.cutover.move"].search(
            [
                ("link_id", "in", [customer.link_id for customer in customers]),
                ("kind", "=", "returned"),
                ("last_approval", ">=", self.approval.id),
            ]
        )
        returned = set(moves.link_id.ids)
        for customer in customers:
            if customer.link_id in returned:
                customer.fail(
                    "returned_since",
                    "The customer went back to shadow since the decision: decide again.",
                )

    def _is_owed_as_planned(self, customer: Customer) -> bool:
        """Fail a customer to whom the old side owes something else than was approved."""
        links = self.env["fusion.billing.account.link"]
        link = links.browse(customer.link_id).with_prefetch(self.link_ids)
        keys = credits.differing(link, self.owed.get(customer.external_id) or {})
        if keys:
            message = (
                f"The old side owes another amount now ({', '.join(keys)}): import again, and "
                "decide again."
            )
            customer.fail("credits_differ", message)
        return not keys

    def _note_all_days(self, customer: Customer) -> None:
        """Fail a customer whose days do not fit; note the days of those whose do."""
        for held in customer.shadows:
            if not self._note_days(customer, held):
                return

    def _note_days(self, customer: Customer, held: Held) -> bool:
        """Note from which days on Odoo bills a subscription; fail its customer otherwise."""
        if not held.recurrence or not held.usage_calendar:
            customer.fail("no_calendar", f"Order {held.external_id} has no start or no cycle.")
        elif held.source_id not in self.billed_until:
            message = (
                f"Until when the old side has billed {held.source_id} is not said. If it ended "
                "there, cancel its order here."
            )
            customer.fail("billed_until_missing", message)
        else:
            self._read_days(customer, held)
        return customer.outcome is None

    def _read_days(self, customer: Customer, held: Held) -> None:
        said = self.billed_until[held.source_id]
        said = said if isinstance(said, dict) else {"flat": said, "usage": said}
        zone = held.recurrence.zone
        try:
            flat, usage = (read_day(said.get(name), zone) for name in ("flat", "usage"))
        except ValueError:
            message = f"The days of {held.source_id} are no ISO days or times."
            customer.fail("billed_until_missing", message)
            return
        first_flat = self._begin(held, flat)
        first_usage = boundary_at(held.usage_calendar, usage)
        if not first_flat or not first_usage:
            day = usage if first_flat else flat
            customer.fail(
                "boundary_off_period",
                f"No period of {held.source_id} begins on {day}: correct the day, or the "
                "subscription's start in the source.",
            )
        elif held.next_invoice and abs((held.next_invoice - self._due(held, first_flat)).days) > 1:
            customer.fail(
                "boundary_differs",
                f"The last import says that {held.source_id} is billed until "
                f"{held.next_invoice}, not until {self._due(held, first_flat)}: import again.",
            )
        else:
            self.days[held.order_id] = (first_flat, first_usage)

    def _begin(self, held: Held, day: date) -> date | None:
        """Return the day on which a price begins that is not billed; None: none does then.

        Ahead the price of a period in which a trial ends begins with the trial's end.
        """
        order = self._order(held.order_id)
        if day == order.x_fc_trial_ends_on and not order.x_fc_arrears:
            return day
        return boundary_at(held.recurrence, day)

    def _due(self, held: Held, day: date) -> date:
        """Return the day on which Odoo invoices the period that begins on ``day``."""
        return self._order(held.order_id)._fc_due_day(day)

    def _switch(self, customers: list[Customer]) -> None:
        """Write the step of these customers, all of it; they are in one savepoint."""
        env = self.env
        held = [one for customer in customers for one in customer.shadows]
        orders = env["sale.order"].browse([one.order_id for one in held])
        orders._release_from_shadow()
        give_cards(orders)
        given = {order.id: held_of(order) for order in orders}
        if orders:
            orders.action_confirm()
        write_grouped([(order, self._values(order.id)) for order in orders])
        links = env["fusion.billing.account.link"].browse([one.link_id for one in customers])
        links.filtered(lambda link: link.billing_state != "live").write(
            {"billing_state": "live", "live_since": fields.Datetime.now()}
        )
        links.cutover_id = self.cutover
        credits.post(env, links)
        env["fusion.billing.charge"]._follow_orders(self.service, [one.plan_key for one in held])
        self._record(customers)
        env.flush_all()
        env.invalidate_all(flush=False)
        for order in orders:
            check_held(order, given[order.id], order._fc_due_day(self.days[order.id][0]))
        for customer in customers:
            customer.outcome = SWITCHED
            customer.told = self._told(customer.held)

    def _values(self, order_id: int) -> dict:
        flat, usage = self.days[order_id]
        return {
            "next_invoice_date": self._order(order_id)._fc_due_day(flat),
            "x_fc_billed_from": flat,
            "x_fc_billed_until": flat,
            "x_fc_usage_from": usage,
        }

    def _record(self, customers: list[Customer]) -> None:
        self.env["fusion.billing.cutover.move"].create(
            [
                {
                    "cutover_id": self.cutover.id,
                    "service_id": self.service.id,
                    "link_id": customer.link_id,
                    "kind": SWITCHED,
                    "who": self.approval.who,
                    "reason": self.approval.note,
                    "user_id": self.user.id,
                    "order_count": len(customer.shadows),
                    "key": self.key,
                }
                for customer in customers
            ]
        )

    def _told(self, held: list[Held]) -> list[dict]:
        orders = map(self._order, (one.order_id for one in held))
        return [
            {
                "subscription": one.source_id,
                "order_id": order.id,
                "flat_from": order.x_fc_billed_from.isoformat() if order.x_fc_billed_from else None,
                "usage_from": order.x_fc_usage_from.isoformat() if order.x_fc_usage_from else None,
            }
            for one, order in zip(held, orders, strict=True)
        ]


def _open(customers: list[Customer]) -> list[Customer]:
    return [customer for customer in customers if not customer.outcome]
