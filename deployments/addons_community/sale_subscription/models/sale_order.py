from odoo import api, fields, models

RUNNING = ("3_progress", "4_paused")


class SaleOrder(models.Model):
    """An order with a recurring plan is a subscription; its state is written, never computed."""

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
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    start_date = fields.Date(copy=False)
    next_invoice_date = fields.Date("Date of Next Invoice", copy=False)
    end_date = fields.Date(copy=False)
    subscription_id = fields.Many2one(
        "sale.order", "Parent Subscription", copy=False, index="btree_not_null"
    )
    origin_order_id = fields.Many2one(
        "sale.order", "First Subscription", copy=False, index="btree_not_null"
    )
    subscription_child_ids = fields.One2many("sale.order", "subscription_id")
    close_reason_id = fields.Many2one("sale.order.close.reason", copy=False)
    payment_token_id = fields.Many2one(
        "payment.token",
        copy=False,
        domain="[('partner_id', 'child_of', partner_id)]",
    )
    payment_exception = fields.Boolean(
        copy=False, help="A charge failed: nothing is done for this subscription by itself."
    )

    _confirmed_is_no_draft = models.Constraint(
        "CHECK (NOT (state = 'sale' AND subscription_state = '1_draft'))",
        "A confirmed order cannot be a subscription quotation.",
    )
    _draft_is_not_running = models.Constraint(
        "CHECK (NOT (state IN ('draft', 'sent')"
        " AND subscription_state IN ('3_progress', '4_paused')))",
        "A draft order cannot be a running subscription.",
    )
    _invoices_after_start = models.Constraint(
        "CHECK (next_invoice_date >= start_date)",
        "The next invoice of a subscription cannot be before it starts.",
    )

    @api.depends("plan_id")
    def _compute_is_subscription(self):
        for order in self:
            order.is_subscription = bool(order.plan_id)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("plan_id") and not vals.get("subscription_state"):
                vals["subscription_state"] = "1_draft"
        return super().create(vals_list)

    def write(self, vals):
        result = super().write(vals)
        if "plan_id" in vals:
            for order in self:
                if not order.plan_id:
                    order.subscription_state = False
                elif not order.subscription_state and order.state in ("draft", "sent"):
                    order.subscription_state = "1_draft"
        return result

    def _should_be_locked(self):
        return not self.is_subscription and super()._should_be_locked()


class SaleOrderCloseReason(models.Model):
    """Why a subscription was closed."""

    _name = "sale.order.close.reason"
    _description = "Subscription Close Reason"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
