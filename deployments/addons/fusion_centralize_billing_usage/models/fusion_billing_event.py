from datetime import timedelta

from odoo import api, fields, models

from ..metering.thresholds import raise_event_thresholds

# A request that began before a look may have ended after it: each look goes back so far.
OVERLAP = timedelta(minutes=10)


class FusionBillingEvent(models.Model):
    """One event of a service, as it was sent over the API.

    Events are taken in without a look at what they belong to, as Lago does: one for a
    subscription or metric that is made later counts from then on. They become units when usage
    is rated (``metering/events.py``). Stored by SQL, a thousand in a second.
    """

    _name = "fusion.billing.event"
    _description = "Metered Event"
    _order = "occurred_at desc, id desc"
    _rec_name = "transaction_id"
    _log_access = False

    service_id = fields.Many2one("fusion.billing.service", required=True, ondelete="restrict")
    external_subscription_id = fields.Char("Subscription ID", required=True)
    code = fields.Char("Metric Code", required=True)
    transaction_id = fields.Char(
        required=True, help="The same id is counted once, however often it is sent."
    )
    occurred_at = fields.Datetime("At", required=True, help="To the millisecond.")
    properties = fields.Json()
    created_at = fields.Datetime("Received", required=True)

    _transaction_uniq = models.Constraint(
        "UNIQUE (service_id, transaction_id, external_subscription_id)",
        "This event is already here.",
    )
    _rating_idx = models.Index("(service_id, external_subscription_id, code, occurred_at)")

    @api.model
    def _cron_raise_thresholds(self):
        """Raise the thresholds that events have reached since the last time."""
        now = fields.Datetime.now()
        for service in self.env["fusion.billing.service"].search([]):
            service = service.with_company(service.company_id)
            last = service.events_checked_at
            raise_event_thresholds(service.env, service, last and last - OVERLAP, now)
            service.events_checked_at = now
