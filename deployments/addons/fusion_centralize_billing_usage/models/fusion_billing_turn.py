from odoo import fields, models


class FusionBillingTurn(models.Model):
    """Something to lock for each running subscription (``metering/turns.py``).

    Its order cannot be locked instead: the work itself writes that, over another connection.
    """

    _name = "fusion.billing.turn"
    _description = "Turn to Meter or Bill"
    _log_access = False

    subscription_id = fields.Many2one("sale.order", required=True, ondelete="cascade")

    _subscription_uniq = models.Constraint(
        "UNIQUE (subscription_id)", "A subscription has one turn."
    )
