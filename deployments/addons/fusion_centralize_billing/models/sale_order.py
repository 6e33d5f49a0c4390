from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# The plans that bill something: few rows, and none before the first cutover.
_LIVE = "state = 'sale' AND x_fc_shadow IS NOT TRUE"
HARMLESS_STATES = {"draft", "cancel"}
# Odoo marks a canceled order as closed.
HARMLESS_SUBSCRIPTION_STATES = {False, None, "1_draft", "6_churn"}
# In the context of the one write that takes an order out of the shadow. No remote call can
# send it.
_DOOR = object()
#: Key of a context, by a superuser only: of what is done under it no app is told, nor later,
#: because it is no event of the app's.
SILENT = "fc_webhooks_silent"


class SaleOrder(models.Model):
    """A subscription of a service: its id, plan, start and end there, and who bills it.

    Shadow orders are copies of subscriptions that can never charge anybody.
    """

    _name = "sale.order"
    # A concern is a mixin; those before the order's own model act before it.
    _inherit = [
        "fusion.billing.order.shadow",
        "fusion.billing.order.status",
        "fusion.billing.order.ending",
        "fusion.billing.order.terms",
        "fusion.billing.order.taxes",
        "fusion.billing.order.following",
        "fusion.billing.order.billed",
        "fusion.billing.order.payment",
        "sale.order",
        "fusion.billing.protected",
    ]
    _protected_fields = frozenset(
        {
            "x_fc_service_id",
            "x_fc_external_id",
            "x_fc_account_link_id",
            "x_fc_shadow",
            "x_fc_billed_from",
            "x_fc_usage_from",
            "x_fc_billed_until",
            "x_fc_first_day",
            "x_fc_fingerprint",
            "x_fc_nexacloud_subscription_id",
            "x_fc_nexacloud_deployment_id",
            "x_fc_nexacloud_plan_id",
            "x_fc_billing_time",
            "x_fc_anchor_on",
            "x_fc_arrears",
            "x_fc_trial_ends_on",
            "x_fc_timezone",
            "x_fc_usage_cycle",
            "x_fc_taxes_told",
            "x_fc_tax_ids",
            "x_fc_subscribed_at",
            "x_fc_ending_at",
            "x_fc_terminated_at",
            "x_fc_previous_id",
        }
    )

    x_fc_service_id = fields.Many2one(
        "fusion.billing.service", "Billed Service", readonly=True, copy=False, ondelete="restrict"
    )
    x_fc_external_id = fields.Char("External ID", readonly=True, copy=False)
    x_fc_shadow = fields.Boolean(
        "Shadow",
        readonly=True,
        copy=False,
        help="A copy of a subscription that is still billed elsewhere. It cannot be sent, "
        "confirmed, invoiced or paid.",
    )
    x_fc_fingerprint = fields.Char("Import Fingerprint", readonly=True, copy=False)
    x_fc_nexacloud_subscription_id = fields.Char(
        "NexaCloud Subscription", readonly=True, copy=False
    )
    x_fc_nexacloud_deployment_id = fields.Char(
        "NexaCloud Deployment", readonly=True, copy=False, index="btree_not_null"
    )
    x_fc_nexacloud_plan_id = fields.Char("NexaCloud Plan", readonly=True, copy=False)
    x_fc_account_link_id = fields.Many2one(
        "fusion.billing.account.link",
        "Account",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The account of the service that holds this subscription.",
    )
    x_fc_service_plan_id = fields.Many2one(
        "fusion.billing.plan", "Service Plan", compute="_compute_x_fc_service_plan_id"
    )
    x_fc_billing_time = fields.Selection(
        [("anniversary", "From the First Day"), ("calendar", "By the Calendar")],
        "Billing Periods",
        readonly=True,
        copy=False,
        help="When a billing period begins: on the subscription's own day (also if this is "
        "empty), or on the first day of the week, month, quarter, half-year or year.",
    )
    x_fc_subscribed_at = fields.Datetime("Subscribed", readonly=True, copy=False)
    x_fc_ending_at = fields.Datetime("Ends", readonly=True, copy=False)
    x_fc_terminated_at = fields.Datetime("Terminated", readonly=True, copy=False)
    x_fc_previous_id = fields.Many2one(
        "sale.order",
        "Subscription Before",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The same subscription on the plan that it had before.",
    )
    x_fc_next_ids = fields.One2many("sale.order", "x_fc_previous_id", "Subscription After")
    x_fc_billed_from = fields.Date(
        "Billed From",
        readonly=True,
        copy=False,
        help="First day whose recurring price Odoo bills; the days before were billed elsewhere.",
    )
    x_fc_usage_from = fields.Date(
        "Usage Billed From",
        readonly=True,
        copy=False,
        help="First day whose usage Odoo bills; usage of the days before is only previewed.",
    )

    _idempotency_keys = ("fc_external_uniq",)
    _fc_external_uniq = models.UniqueIndex(
        "(x_fc_service_id, x_fc_external_id) WHERE x_fc_external_id IS NOT NULL",
        "An order for this deployment of the service is already here.",
    )
    # A subscription's id, as its service says it, comes back with each change of its plan.
    _fc_public_id_idx = models.Index(
        "(x_fc_service_id, COALESCE(x_fc_nexacloud_subscription_id, x_fc_external_id)) "
        "WHERE x_fc_service_id IS NOT NULL"
    )
    _fc_live_plan_idx = models.Index(f"(x_fc_service_id, x_fc_nexacloud_plan_id) WHERE {_LIVE}")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("x_fc_shadow"):
                self._refuse_charging(vals, vals.get("name"))
        return super().create(vals_list)

    def write(self, vals):
        closed = self.env.su and self.env.context.get("fc_door") is not _DOOR
        if closed and not vals.get("x_fc_shadow", True):
            self._refuse_shadow(self.env._("taken out of the shadow"))
        if not vals.keys().isdisjoint(("state", "subscription_state", "payment_token_id")):
            for order in self:
                if order.x_fc_shadow:
                    self._refuse_charging(vals, order.name)
        return super().write(vals)

    @api.model
    def _refuse_charging(self, vals, name):
        """Raise UserError if ``vals`` would bring a shadow order nearer to a charge."""
        if (
            vals.get("state", "draft") not in HARMLESS_STATES
            or vals.get("subscription_state") not in HARMLESS_SUBSCRIPTION_STATES
        ):
            raise UserError(self._shadow_message(name, self.env._("sent or confirmed")))
        if vals.get("payment_token_id"):
            raise UserError(self._shadow_message(name, self.env._("given a payment method")))

    def _release_from_shadow(self):
        """Take drafts out of the shadow: the one door, for the cutover of an approved customer.

        Raises:
            UserError: An order is no draft, or has a payment method already.
            AccessError: Called for a user, not by this addon's own code.
        """
        if not self.env.su:
            raise AccessError(self.env._("Only a cutover takes an order out of the shadow."))
        for order in self:
            if order.state != "draft" or order.payment_token_id:
                raise UserError(
                    self.env._(
                        "%s is no draft any more, or has a payment method: it cannot go live.",
                        order.name,
                    )
                )
        self.with_context(fc_door=_DOOR).write({"x_fc_shadow": False})

    def _refuse_shadow(self, what):
        """Raise UserError naming the first shadow order of ``self``."""
        for order in self:
            if order.x_fc_shadow:
                raise UserError(self._shadow_message(order.name, what))

    def _shadow_message(self, name, what):
        return self.env._(
            "%(name)s is a shadow order and cannot be %(what)s: "
            "its customer is still billed by the service itself, until the cutover.",
            name=name,
            what=what,
        )

    def action_confirm(self):
        self._refuse_shadow(self.env._("confirmed"))
        return super().action_confirm()

    def action_quotation_send(self):
        self._refuse_shadow(self.env._("sent"))
        return super().action_quotation_send()

    def _create_invoices(self, grouped=False, final=False, date=None):
        self._refuse_shadow(self.env._("invoiced"))
        return super()._create_invoices(grouped=grouped, final=final, date=date)

    def _prepare_invoice(self):
        # Down payments do not pass through _create_invoices.
        self._refuse_shadow(self.env._("invoiced"))
        return super()._prepare_invoice()

    def _get_default_payment_link_values(self):
        self._refuse_shadow(self.env._("paid"))
        return super()._get_default_payment_link_values()

    def action_open_quotation(self):
        """Open the order in the form that sales people know."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("sale.view_order_form").id, "form")],
        }

    @api.depends("x_fc_service_id", "x_fc_nexacloud_plan_id")
    def _compute_x_fc_service_plan_id(self):
        ids_of = defaultdict(set)
        for order in self:
            ids_of[order.x_fc_service_id.id].add(order.x_fc_nexacloud_plan_id)
        plans = self.env["fusion.billing.plan"].with_context(active_test=False)
        found = {
            (service_id, plan.external_id): plan
            for service_id, plan_ids in ids_of.items()
            for plan in plans.search(
                [("service_id", "=", service_id), ("external_id", "in", list(plan_ids - {False}))]
            )
        }
        for order in self:
            key = order.x_fc_service_id.id, order.x_fc_nexacloud_plan_id
            order.x_fc_service_plan_id = found.get(key, plans)

    def _fc_public_id(self):
        """Return the subscription's id in its service."""
        return self.x_fc_nexacloud_subscription_id or self.x_fc_external_id or None

    def _fc_link(self):
        """Return the account that holds the subscription.

        An order that was loaded before accounts were noted on orders has its contact's first.
        """
        if self.x_fc_account_link_id or not self:
            return self.x_fc_account_link_id
        return self.env["fusion.billing.account.link"].search(
            [
                ("service_id", "=", self.x_fc_service_id.id),
                ("partner_id", "=", self.partner_id.id),
            ],
            order="id",
            limit=1,
        )
