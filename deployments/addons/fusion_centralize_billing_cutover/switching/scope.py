"""Whom a cutover is about: customers of a service, each with their subscriptions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.periods.calendar import Calendar
from odoo.addons.fusion_centralize_billing.periods.stored import (
    CALENDAR,
    calendars_of,
    company_zone,
)
from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import SOURCE_ID


@dataclass(frozen=True, slots=True)
class Held:
    """One subscription of a customer.

    Attributes:
        order_id: Of the ``sale.order``.
        source_id: Its id at the service.
        external_id: The order's external id.
        shadow: Whether it is a draft in shadow, as it must be to be switched.
        recurrence: Periods of its price; None without a start or a recurring plan.
        usage_calendar: Periods of its usage.
        next_invoice: Where the period ends that the source said it had begun.
        plan_key: External id of its plan.
    """

    order_id: int
    source_id: str
    external_id: str
    shadow: bool
    recurrence: Calendar | None
    usage_calendar: Calendar | None
    next_invoice: date | None
    plan_key: str | None


@dataclass(slots=True, eq=False)
class Customer:
    """A customer on the way to live, or back; ``outcome`` is None until they are done."""

    external_id: str
    link_id: int
    live: bool
    held: list[Held] = field(default_factory=list)
    outcome: str | None = None
    code: str | None = None
    message: str | None = None
    told: list[dict] = field(default_factory=list)

    @property
    def shadows(self) -> list[Held]:
        """The subscriptions that are still in shadow."""
        return [held for held in self.held if held.shadow]

    def fail(self, code: str, message: str) -> None:
        """End the customer as not moved."""
        self.outcome, self.code, self.message, self.told = "failed", code, message, []

    def answer(self) -> dict:
        """Return the customer's row of the answer."""
        return {
            "customer": self.external_id,
            "outcome": self.outcome,
            "code": self.code,
            "message": self.message,
            "subscriptions": self.told,
        }


def of_service(service, chosen: list[str] | None) -> SQL:
    """Return the condition on accounts, ``link``, that they are the service's, and among these.

    ``chosen`` are external ids; None: all.
    """
    ours = SQL("link.service_id = %s", service.id)
    return ours if chosen is None else SQL("%s AND link.external_id = ANY(%s)", ours, list(chosen))


def to_switch(service, chosen: list[str] | None) -> SQL:
    """Return the condition on accounts as ``of_service``, of those that are not live yet."""
    return SQL("%s AND link.billing_state != 'live'", of_service(service, chosen))


def find_customers(env, service, external_ids) -> dict[str, Customer]:
    """Return the service's customers among these, with all subscriptions that can be billed."""
    query = SQL(
        """
        SELECT link.external_id, link.id, link.billing_state = 'live'
        FROM fusion_billing_account_link link
        WHERE %s
        """,
        of_service(service, external_ids),
    )
    customers = {row[0]: Customer(*row) for row in env.execute_query(query)}
    by_link = {customer.link_id: customer for customer in customers.values()}
    for link_id, held in _held(env, service, list(by_link)):
        by_link[link_id].held.append(held)
    return customers


def in_order(found: dict[str, Customer], external_ids: list[str]) -> list[Customer]:
    """Return these customers in their order; whom the service does not have has failed."""
    customers = []
    for external_id in external_ids:
        customer = found.get(external_id) or Customer(external_id, 0, live=False)
        if not customer.link_id:
            customer.fail("unknown_customer", "No account of the service has this id.")
        customers.append(customer)
    return customers


def _held(env, service, link_ids: list[int]) -> Iterator[tuple[int, Held]]:
    zone = company_zone(service.company_id)
    query = SQL(
        """
        SELECT %s, so.x_fc_account_link_id, so.id, %s, so.x_fc_external_id,
               so.state = 'draft' AND so.x_fc_shadow IS TRUE,
               so.next_invoice_date, so.x_fc_nexacloud_plan_id
        FROM sale_order so
        LEFT JOIN sale_subscription_plan recurring ON recurring.id = so.plan_id
        WHERE so.x_fc_account_link_id = ANY(%s) AND so.x_fc_service_id = %s
            AND so.x_fc_external_id IS NOT NULL AND %s
        ORDER BY so.id
        """,
        CALENDAR,
        SOURCE_ID,
        link_ids,
        service.id,
        BILLABLE,
    )
    for stored, link_id, *names, shadow, next_invoice, plan_key in env.execute_query(query):
        usage, recurrence = calendars_of(stored, zone)
        yield link_id, Held(*names, shadow, recurrence, usage, next_invoice, plan_key)


# Neither canceled nor a shadow that is over: what ended before Odoo billed it never goes live.
BILLABLE = SQL(
    """
    so.state != 'cancel' AND NOT (so.x_fc_shadow IS TRUE AND COALESCE(
        LEAST(so.x_fc_terminated_at, so.x_fc_ending_at) <= now() AT TIME ZONE 'UTC', false))
    """
)
# Whether a price that is due in advance is next due on a day on which none of its periods begins,
# a day more or less as in `boundaries.TOLERANCE`: the switch would refuse it.
OFF_RHYTHM = SQL(
    """
    so.x_fc_billing_time IS NULL AND so.x_fc_arrears IS NOT TRUE AND so.x_fc_trial_ends_on IS NULL
    AND so.next_invoice_date != so.start_date
    AND recurring.billing_period_unit IN ('month', 'year') AND NOT EXISTS (
        SELECT FROM (
            SELECT COALESCE(so.x_fc_anchor_on, so.start_date) AS day,
                   NULLIF(recurring.billing_period_value, 0)
                   * CASE recurring.billing_period_unit WHEN 'year' THEN 12 ELSE 1 END AS months
        ) rhythm,
        LATERAL (
            SELECT make_interval(months => n) AS passed, n
            FROM generate_series(-1, 1) step, LATERAL (
                SELECT step + (12 * (date_part('year', so.next_invoice_date)
                                     - date_part('year', rhythm.day))
                               + date_part('month', so.next_invoice_date)
                               - date_part('month', rhythm.day))::int AS n
            ) counted
        ) near
        WHERE mod(near.n, rhythm.months) = 0
            AND abs(so.next_invoice_date - (rhythm.day + near.passed)::date) <= 1
    )
    """
)
# Whether a price that is due in advance is next due after more than the period that runs now: its
# source says another cycle than it bills by, or an end that is not that of a period.
AHEAD = SQL(
    """
    so.x_fc_billing_time IS NULL AND so.x_fc_arrears IS NOT TRUE AND so.x_fc_trial_ends_on IS NULL
    AND recurring.billing_period_unit IN ('month', 'year')
    AND so.next_invoice_date > interval '3 days'
        + GREATEST(so.start_date, (now() AT TIME ZONE 'UTC')::date)
        + make_interval(months => recurring.billing_period_value
                        * CASE recurring.billing_period_unit WHEN 'year' THEN 12 ELSE 1 END)
    """
)
# Whoever has a subscription with a price, or one whose plan charges usage.
PAYS = SQL(
    """
    EXISTS (
        SELECT FROM sale_order so
        WHERE so.x_fc_account_link_id = link.id AND %s AND (
            so.amount_untaxed > 0 OR EXISTS (
                SELECT FROM fusion_billing_plan plan
                JOIN fusion_billing_charge charge ON charge.service_plan_id = plan.id
                WHERE plan.service_id = so.x_fc_service_id
                    AND plan.external_id = so.x_fc_nexacloud_plan_id
            )
        )
    )
    """,
    BILLABLE,
)
