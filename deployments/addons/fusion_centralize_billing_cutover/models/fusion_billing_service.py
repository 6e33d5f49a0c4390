from odoo import fields, models


class FusionBillingService(models.Model):
    """Where what the old side owes is posted against."""

    _inherit = "fusion.billing.service"

    opening_account_id = fields.Many2one(
        "account.account",
        "Opening Credits Against",
        help="Account that what the old side owes to a customer is posted against at the switch, "
        "prepaid credit for example against a liability; empty: undistributed earnings, as for "
        "opening balances.",
    )
