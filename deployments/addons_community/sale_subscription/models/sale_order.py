from odoo import api, fields, models

STATES_SET_BY_HAND = {"2_renewal", "4_paused", "5_renewed", "6_churn", "7_upsell"}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    plan_id = fields.Many2one(
        "sale.subscription.plan",
        string="Recurring Plan",
        ondelete="restrict",
        index="btree_not_null",
    )
    is_subscription = fields.Boolean(
        compute="_compute_is_subscription", store=True, precompute=True, index=True
    )
    subscription_state = fields.Selection(
        [
            ("1_draft", "Quotation"),
            ("2_renewal", "Renewal Quotation"),
            ("3_progress", "In Progress"),
            ("4_paused", "Paused"),
            ("5_renewed", "Renewed"),
            ("6_churn", "Churned"),
            ("7_upsell", "Upsell"),
        ],
        string="Subscription Status",
        compute="_compute_subscription_state",
        store=True,
        precompute=True,
        readonly=False,
        copy=False,
        index="btree_not_null",
    )
    start_date = fields.Date(copy=False)
    next_invoice_date = fields.Date("Date of Next Invoice", copy=False)
    end_date = fields.Date(copy=False)
    payment_token_id = fields.Many2one(
        "payment.token",
        copy=False,
        domain="[('partner_id', 'child_of', partner_id)]",
    )

    @api.depends("plan_id")
    def _compute_is_subscription(self):
        for order in self:
            order.is_subscription = bool(order.plan_id)

    @api.depends("is_subscription", "state")
    def _compute_subscription_state(self):
        for order in self:
            if not order.is_subscription:
                order.subscription_state = False
            elif order.subscription_state not in STATES_SET_BY_HAND:
                order.subscription_state = "3_progress" if order.state == "sale" else "1_draft"
