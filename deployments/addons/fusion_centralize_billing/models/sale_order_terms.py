from odoo import fields, models

from ..periods.calendar import CYCLES, Calendar, day_of, days_at, midnight
from ..periods.shares import billed_days, is_due
from ..periods.stored import company_zone


class FusionBillingOrderTerms(models.AbstractModel):
    """When a subscription is billed, and for which days: terms of its service, as loaded."""

    _name = "fusion.billing.order.terms"
    _description = "Terms of a Subscription"

    x_fc_anchor_on = fields.Date(
        "Periods Counted From",
        readonly=True,
        copy=False,
        help="Day that billing periods are counted from; empty: the first day.",
    )
    x_fc_arrears = fields.Boolean(
        "Billed in Arrears",
        readonly=True,
        copy=False,
        help="The recurring price of a period is due when it is over, not when it begins.",
    )
    x_fc_trial_ends_on = fields.Date(
        "Trial Ends",
        readonly=True,
        copy=False,
        help="First day whose recurring price is billed; the days before are free.",
    )
    x_fc_timezone = fields.Char(
        "Time Zone",
        readonly=True,
        copy=False,
        help="In which its days begin; empty: the company's.",
    )
    x_fc_usage_cycle = fields.Selection(
        [(cycle, cycle.capitalize()) for cycle in CYCLES],
        "Usage Billed",
        readonly=True,
        copy=False,
        help="How often its usage is billed; empty: monthly.",
    )
    x_fc_taxes_told = fields.Boolean(
        "Taxes Told by Service",
        readonly=True,
        copy=False,
        help="The service names the taxes of this subscription; the fiscal position decides "
        "nothing then.",
    )
    x_fc_tax_ids = fields.Many2many(
        "account.tax",
        "sale_order_fc_tax_rel",
        "order_id",
        "tax_id",
        "Taxes of the Service",
        readonly=True,
        copy=False,
    )

    def _fc_zone(self):
        """Return the name of the time zone in which the subscription's days begin."""
        company = self.x_fc_service_id.company_id or self.company_id
        return self.x_fc_timezone or company_zone(company)

    def _fc_calendar(self):
        """Return the periods of the subscription's usage, or None without a start."""
        return self._fc_counted(*CYCLES[self.x_fc_usage_cycle or "monthly"])

    def _fc_recurrence(self):
        """Return the periods of the recurring price; None without a start or a plan."""
        plan = self.plan_id
        if not plan:
            return None
        return self._fc_counted(plan.billing_period_unit, plan.billing_period_value)

    def _fc_counted(self, unit, count):
        first = self._fc_first()
        if not first:
            return None
        aligned = self.x_fc_billing_time == "calendar"
        anchor = self.x_fc_anchor_on or None
        return Calendar(first, unit, count, self._fc_zone(), aligned, anchor)

    def _fc_next_period(self):
        """Return start and end of the period that the next invoice bills, or None.

        In arrears it is the one that is over then.
        """
        calendar = self._fc_recurrence()
        if not calendar or not self.next_invoice_date:
            return None
        due = midnight(self.next_invoice_date, calendar.zone)
        number = calendar.number_at(due)
        if self.x_fc_arrears and number >= 0 and calendar.boundary(number) == due:
            number -= 1
        if number < 0:
            return None
        start = calendar.boundary(number)
        return (start if self.x_fc_arrears else due), calendar.boundary(number + 1)

    def _fc_due_day(self, day):
        """Return the day on which the period that begins on ``day`` is due."""
        calendar = self._fc_recurrence()
        if not self.x_fc_arrears or not calendar:
            return day
        number = calendar.number_at(midnight(day, calendar.zone))
        return day_of(calendar.boundary(number + 1), calendar.zone)

    def _fc_first_due(self, day):
        """Return the day of the first invoice, of a price that is billed from ``day`` on.

        Nobody pays while a trial runs; what is due beside the price is due in it, too.
        """
        ahead = not self.x_fc_arrears and not self.order_line.filtered("x_fc_item")
        return max(day, self.x_fc_trial_ends_on or day) if ahead else self._fc_due_day(day)

    def _fc_first_billed(self, start, end):
        """Return the first day that is billed, of the period that runs or is the first.

        What is paid ahead counts as paid for a period that began before today, as in Lago. After
        a trial the period that runs is due, whenever the trial was.

        Args:
            start: First day of that period.
            end: First day of the next.
        """
        ahead = not self.x_fc_arrears and not self.x_fc_trial_ends_on
        return end if ahead and start < self._fc_day(fields.Datetime.now()) else start

    def _fc_first_used(self):
        """Return the first day whose usage is billed, or False: all is.

        As in Lago there is no invoice of periods that were over before their service told of them.
        """
        calendar = self._fc_calendar()
        start = calendar and days_at(calendar, fields.Datetime.now())[0]
        return start if start and start > calendar.first_day else False

    def _fc_billed_days(self, start):
        """Return how many days of the period that begins at ``start`` cost, and of how many."""
        return billed_days(self._fc_recurrence(), start, self.x_fc_trial_ends_on or None)

    def _get_invoiceable_lines(self, final=False):
        """Leave out lines of the service that have ended before the period begins."""
        lines = super()._get_invoiceable_lines(final=final)
        period = self._fc_next_period() if self.x_fc_service_id else None
        if not period:
            return lines
        return lines.filtered(lambda line: self._fc_line_is_due(line, period[0]))

    def _fc_line_is_due(self, line, start):
        """Say whether a line is billed in the period that begins at ``start``."""
        return is_due(line.x_fc_ends_on, start, self._fc_zone())
