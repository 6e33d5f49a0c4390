"""What Odoo holds of each customer of a service, for readiness."""

from collections import defaultdict
from decimal import Decimal

from odoo import fields
from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.periods.calendar import day_of
from odoo.addons.fusion_centralize_billing.periods.compared import compared_period
from odoo.addons.fusion_centralize_billing.periods.stored import (
    CALENDAR,
    calendars_of,
    company_zone,
)
from odoo.addons.fusion_centralize_billing_reconciliation.reconciling.batch import (
    LongPeriod,
    read_long_periods,
)
from odoo.addons.fusion_centralize_billing_reconciliation.reconciling.differences import (
    differences,
)
from odoo.addons.fusion_centralize_billing_reconciliation.reconciling.long_periods import IS_LONG
from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import SOURCE_ID

from .cycles import counting, cycles_of, in_a_row
from .imports import last_import, left_out, of_nobody
from .judging import Customer, Cycles, Differing
from .scope import AHEAD, BILLABLE, OFF_RHYTHM, PAYS, of_service

# Remarks of the loader after which a person has to look at the contact.
_CONTACT = {"email_ambiguous", "email_archived"}
_NO_STATE = "region_unknown"


class Holdings:
    """Gathers what a service's customers are judged on.

    Args:
        env: Superuser environment in the service's company; all is written to the database.
        service: The ``fusion.billing.service``.
        wanted: Over how many of the latest cycles.
        only: Account ids to look at, as a bundle's; None for everybody. How one stands is the
            same, whoever else is looked at.
    """

    def __init__(self, env, service, wanted: int, only: list[str] | None = None) -> None:
        self.env = env
        self.service = service
        self.only = only
        self.ours = of_service(service, only)
        self.zone = company_zone(service.company_id)
        self.records = in_a_row(counting(cycles_of(env, service)))[:wanted]
        self.last_import = last_import(env, service)
        self.cycles = self._cycles(wanted)
        self.rows = [self._rows_of(cycle) for cycle in self.records]
        self.customers: dict[str, Customer] = {}
        self.revenue: dict[str, tuple[Decimal, int]] = {}
        # Those whose price the latest cycle compared: it looks at all that go on.
        self.long_periods: list[LongPeriod] = []
        self._links()
        self._orders()
        self._compared()
        self._long_periods()
        self._differing()
        self._kept_out()

    def name_of(self, record) -> str:
        """Name a cycle by the month that its middle is in, 2026-10."""
        middle = record.period_start + (record.period_end - record.period_start) / 2
        return f"{day_of(middle, self.zone):%Y-%m}"

    def _cycles(self, wanted: int) -> Cycles:
        names = tuple(self.name_of(one) for one in self.records)
        blockers = [
            f"The dual run of {name} did not go through: {line}"
            for name, one in zip(names, self.records, strict=True)
            for line in (one.blockers or "").splitlines()
        ]
        arrived = dict(
            self.env["fusion.billing.cycle.customer"]._read_group(
                [("cycle_id", "in", [one.id for one in self.records])],
                ["cycle_id"],
                ["line_count:sum"],
            )
        )
        blockers += [
            f"The dual run of {name} is not complete."
            for name, one in zip(names, self.records, strict=True)
            if not one.line_count or one.line_count != arrived.get(one)
        ]
        run = self.last_import
        if not run:
            blockers.append("No import run is on record.")
        elif run.failed + run.quarantined > run.row_ids.search_count([("run_id", "=", run.id)]):
            blockers.append("The last import left out more rows than its log holds.")
        blockers += of_nobody(run)
        earliest = self.records[-1].period_start if self.records else None
        since = earliest and day_of(earliest, self.zone)
        return Cycles(wanted, names, since, tuple(blockers))

    def _rows_of(self, cycle):
        """Return the customers of a cycle, as far as they are looked at."""
        ours = [("cycle_id", "=", cycle.id)]
        if self.only is not None:
            ours.append(("customer", "in", self.only))
        return cycle.customer_ids.search(ours)

    def _of(self, external_id: str) -> Customer:
        if external_id not in self.customers:
            self.customers[external_id] = Customer(external_id)
        return self.customers[external_id]

    def _links(self) -> None:
        query = SQL(
            """
            SELECT link.external_id, link.id, link.billing_state = 'live', partner.active,
                   partner.country_id, link.remark_code, link.remark,
                   COALESCE(link.stripe_customer_id, '') = ''
                   AND link.pays_by_invoice IS NOT TRUE
                   AND COALESCE(link.payment_provider, '') = '' AND %s,
                   NOT EXISTS (SELECT 1 FROM fusion_billing_cutover_move move
                               WHERE move.link_id = link.id AND move.order_count > 0)
            FROM fusion_billing_account_link link
            JOIN res_partner partner ON partner.id = link.partner_id
            WHERE %s ORDER BY link.id
            """,
            PAYS,
            self.ours,
        )
        by_state = self._taxed_by_state()
        for (
            key, link_id, live, active, country, code, remark, wants_card, is_idle
        ) in self.env.execute_query(query):  # fmt: skip
            customer = self._of(key)
            customer.link_id, customer.live, customer.wants_card = link_id, live, wants_card
            customer.is_idle = is_idle
            if not active:
                customer.contact = "Their contact in Odoo is archived."
            elif code in _CONTACT or (code == _NO_STATE and country in by_state):
                customer.contact = remark or code

    def _taxed_by_state(self) -> set[int | None]:
        """Return the countries in which the state can decide the tax; None if it is not known."""
        company = self.service.company_id
        positions = self.env["account.fiscal.position"].search(
            [("company_id", "=", company.id), ("auto_apply", "=", True), ("state_ids", "!=", False)]
        )
        return {None, company.country_id.id, *positions.state_ids.country_id.ids}

    def _orders(self) -> None:
        query = SQL(
            """
            SELECT link.external_id, so.name, %s, so.state, so.x_fc_shadow IS TRUE,
                   so.payment_token_id IS NOT NULL, so.start_date, %s,
                   so.start_date IS NULL OR so.plan_id IS NULL OR so.next_invoice_date IS NULL,
                   COALESCE(LEAST(so.x_fc_terminated_at, so.x_fc_ending_at)
                            <= now() AT TIME ZONE 'UTC', false),
                   so.next_invoice_date, %s, %s
            FROM sale_order so
            JOIN fusion_billing_account_link link ON link.id = so.x_fc_account_link_id
            LEFT JOIN sale_subscription_plan recurring ON recurring.id = so.plan_id
            WHERE %s AND so.x_fc_external_id IS NOT NULL ORDER BY so.id
            """,
            SOURCE_ID,
            BILLABLE,
            OFF_RHYTHM,
            AHEAD,
            self.ours,
        )
        still_shadow = set()
        for (
            key, name, source, state, shadow, token, started, billable, no_calendar, over,
            until, is_off, is_ahead,
        ) in self.env.execute_query(query):  # fmt: skip
            customer = self._of(key)
            customer.is_idle = customer.is_idle and shadow
            if state == "cancel":
                if shadow and not over:
                    said = f"Order {name} was cancelled in Odoo; {source} goes on."
                    customer.orders.append(said)
                continue
            if not billable:
                continue
            if shadow:
                still_shadow.add(key)
            if started and (customer.started_on is None or started < customer.started_on):
                customer.started_on = started
            if state != "draft" or not shadow:
                if not (customer.live and state == "sale"):
                    customer.orders.append(f"Order {name} is no draft in shadow any more.")
            elif token:
                customer.orders.append(f"Shadow order {name} has a payment method.")
            elif no_calendar:
                customer.orders.append(f"Order {name} lacks its start, cycle or end of period.")
            elif is_off:
                said = f"Order {name} is billed until {until}, and no period of it begins then."
                customer.orders.append(f"{said} Correct its start or its period in the source.")
            elif is_ahead:
                said = f"Order {name} is billed until {until}, which is more than a period ahead."
                customer.orders.append(f"{said} Correct its cycle or its period in the source.")
        for key, customer in self.customers.items():
            customer.live = customer.live and key not in still_shadow

    def _compared(self) -> None:
        """Count the cycles in which there was something to compare, and look for orders gone."""
        wanted = {}
        for place, rows in enumerate(self.rows):
            seen = set()
            for row in rows:
                customer = self._of(row.customer)
                if row.line_count and row.customer not in seen:
                    seen.add(row.customer)
                    customer.due += 1
                if place == 0:
                    theirs = read_long_periods(row.long_periods or [])
                    self.long_periods += theirs
                    customer.long_periods += len({name for name, _start in theirs})
                if place == 0 and row.line_count:
                    best = self.revenue.get(row.customer)
                    amount = Decimal(str(row.billed))
                    if best is None or amount > best[0]:
                        self.revenue[row.customer] = (amount, row.currency_id.id)
                for subscription in row.subscriptions or ():
                    wanted.setdefault(subscription, row.customer)
        query = SQL(
            "SELECT %(key)s FROM sale_order so"
            " WHERE so.x_fc_service_id = %(service)s AND %(key)s = ANY(%(wanted)s)",
            key=SOURCE_ID,
            service=self.service.id,
            wanted=list(wanted),
        )
        here = {key for (key,) in self.env.execute_query(query)}
        for subscription, key in wanted.items():
            if subscription not in here:
                said = f"The order of {subscription} was deleted in Odoo."
                self.customers[key].orders.append(said)

    def _long_periods(self) -> None:
        """Look for prices by more than a month that were due and that no cycle has compared."""
        if not self.records:
            return
        until, now = self.records[0].period_end, fields.Datetime.now()
        compared = {subscription for subscription, _start in self.long_periods}
        query = SQL(
            """
            SELECT %s, link.external_id, so.name, so.x_fc_arrears IS TRUE,
                   so.x_fc_trial_ends_on
            FROM sale_order so
            JOIN fusion_billing_account_link link ON link.id = so.x_fc_account_link_id
            JOIN sale_subscription_plan recurring ON recurring.id = so.plan_id
            WHERE %s AND so.state = 'draft' AND so.x_fc_shadow IS TRUE
                AND so.x_fc_external_id IS NOT NULL AND %s AND %s AND %s != ALL(%s)
            ORDER BY so.id
            """,
            CALENDAR,
            self.ours,
            BILLABLE,
            IS_LONG,
            SOURCE_ID,
            list(compared),
        )
        for stored, key, name, arrears, free_until in self.env.execute_query(query):
            _usage, calendar = calendars_of(stored, self.zone)
            period = calendar and compared_period(
                calendar, until, now, arrears=arrears, free_until=free_until
            )
            if period:
                since = day_of(period[0], calendar.zone)
                self._of(key).not_compared.append((name, since))

    def _differing(self) -> None:
        if not self.records:
            return
        found = differences(
            self.env,
            self.service,
            self.records[-1].period_start,
            self.records[0].period_end,
            self.only,
            self.long_periods,
        )
        currencies = self.env["res.currency"].with_context(active_test=False).search([])
        codes = {currency.id: currency.name for currency in currencies}
        sums = defaultdict(lambda: [0, Decimal(0)])
        for one in found:
            month = f"{one.month:%Y-%m}"
            key = (one.customer, month, one.cause_name or one.cause, one.wrong_side == "copy",
                   codes[one.currency_id], one.decision_id)  # fmt: skip
            sums[key][0] += one.lines
            sums[key][1] += one.stake
        for (customer, *rest, currency, decision), (lines, stake) in sums.items():
            self._of(customer).differing.append(Differing(*rest, lines, stake, currency, decision))
        for rows, name in zip(self.rows, self.cycles.names, strict=True):
            for row in rows:
                if row.untold:
                    self._of(row.customer).incomplete.append(name)

    def _kept_out(self) -> None:
        for key, told in left_out(self.last_import, self._owners(), self.only):
            self._of(key).kept_out.append(told)

    def _owners(self) -> dict[str, str]:
        """Return the account by its own id and by the ids of its subscriptions."""
        query = SQL(
            """
            SELECT link.external_id, so.x_fc_external_id, so.x_fc_nexacloud_subscription_id,
                   so.x_fc_nexacloud_deployment_id
            FROM sale_order so
            JOIN fusion_billing_account_link link ON link.id = so.x_fc_account_link_id
            WHERE %s
            """,
            self.ours,
        )
        owners = {}
        for key, *ids in self.env.execute_query(query):
            owners |= {one: key for one in ids if one}
        links = {key for key, customer in self.customers.items() if customer.link_id}
        return owners | {key: key for key in links}
