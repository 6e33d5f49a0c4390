from odoo import api, fields, models

from ..switching.first_bill import bill_text


class FusionBillingCutoverCustomer(models.Model):
    """How a customer stood when a cutover was planned: ready, or what kept them back.

    What a ready one shows here is what the approver says yes to; at the switch it must still be
    so, or the customer stays in shadow.
    """

    _name = "fusion.billing.cutover.customer"
    _description = "Customer of a Cutover"
    _order = "external_id"
    _rec_name = "external_id"

    cutover_id = fields.Many2one(
        "fusion.billing.cutover", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="cutover_id.company_id", store=True, precompute=True)
    external_id = fields.Char("Account ID", required=True, readonly=True)
    link_id = fields.Many2one(
        "fusion.billing.account.link", "Account", readonly=True, index=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(related="link_id.partner_id", string="Contact")
    billing_state = fields.Selection(related="link_id.billing_state")
    ready = fields.Boolean(readonly=True)
    codes = fields.Char("Reason Codes", readonly=True)
    waits_for = fields.Char(readonly=True, help="The first of the reasons.")
    reasons = fields.Text("Why Not", readonly=True)
    notes = fields.Text(
        "To Know", readonly=True, help="What does not hold them back: decisions used, before all."
    )
    revenue = fields.Float(
        min_display_digits=2,
        readonly=True,
        help="What the old side billed in the latest cycle, before tax; where nothing was due, "
        "the first invoices.",
    )
    billed_before = fields.Float(
        "Last Billed", min_display_digits=2, readonly=True, help="By the old side, before tax."
    )
    odoo_before = fields.Float(
        "Odoo Instead", min_display_digits=2, readonly=True, help="For the same, before tax."
    )
    bill_changes = fields.Boolean(readonly=True)
    currency = fields.Char(readonly=True)
    subscription_count = fields.Integer("Subscriptions", readonly=True)
    billed = fields.Json(readonly=True)
    bill = fields.Json(readonly=True)
    bill_text = fields.Text("First Invoices", compute="_compute_bill_text")
    digest = fields.Char("Evidence", readonly=True)

    _customer_uniq = models.Constraint(
        "UNIQUE (cutover_id, external_id)", "This customer of the cutover is already here."
    )

    @api.depends("bill")
    def _compute_bill_text(self):
        for customer in self:
            customer.bill_text = bill_text(customer.bill or [])

    def _told(self) -> dict:
        """Return how the customer stood, as JSON types."""
        self.ensure_one()
        return {
            "customer": self.external_id,
            "ready": self.ready,
            "codes": self.codes.split(",") if self.codes else [],
            "reasons": (self.reasons or "").splitlines(),
            "notes": (self.notes or "").splitlines(),
            "revenue": f"{self.revenue:.2f}",
            "currency": self.currency or "",
            "subscriptions": self.subscription_count,
        }
