from odoo import fields, models


class FusionBillingCutoverMove(models.Model):
    """One customer's step from shadow to live, or back."""

    _name = "fusion.billing.cutover.move"
    _description = "Customer Switched"
    _order = "id desc"
    _rec_name = "external_id"

    cutover_id = fields.Many2one("fusion.billing.cutover", index=True, ondelete="restrict")
    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    link_id = fields.Many2one(
        "fusion.billing.account.link", "Account", required=True, index=True, ondelete="restrict"
    )
    external_id = fields.Char(related="link_id.external_id", string="Account ID")
    partner_id = fields.Many2one(related="link_id.partner_id", string="Contact")
    kind = fields.Selection(
        [("switched", "To Odoo"), ("returned", "Back to Shadow")], required=True
    )
    who = fields.Char("Decided By")
    reason = fields.Text()
    user_id = fields.Many2one("res.users", "Recorded By", required=True, ondelete="restrict")
    order_count = fields.Integer("Subscriptions")
    key = fields.Char("Bundle")
    last_approval = fields.Integer(
        help="Id of the latest decision at that time: those up to it switch the customer no more."
    )
