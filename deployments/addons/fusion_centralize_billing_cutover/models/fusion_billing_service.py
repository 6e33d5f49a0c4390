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

    def action_ask_dual_run(self):
        """Ask for a dual run, after which it is known anew who is ready."""
        return self._ask_to_start("dual-run", dry_run=False)

    def action_ask_cutover(self):
        """Ask for a cutover: it plans, and waits for the approval of somebody else."""
        return self._ask_to_start("cutover", dry_run=False)
