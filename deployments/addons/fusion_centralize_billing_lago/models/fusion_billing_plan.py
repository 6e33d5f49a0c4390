from odoo import api, fields, models

from ..webhooks.telling import note


class FusionBillingPlan(models.Model):
    """What a service told of its plan over the API."""

    _inherit = "fusion.billing.plan"

    api_values = fields.Json(
        "Told by Service",
        readonly=True,
        copy=False,
        groups="fusion_centralize_billing.group_manager",
        help="What the service said of the plan that does not change what it costs.",
    )
    parent_id = fields.Many2one(
        "fusion.billing.plan",
        "Agreed From",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The plan that a service sells, of which this one is what one subscription agreed on.",
    )
    child_ids = fields.One2many("fusion.billing.plan", "parent_id", "Agreed for Subscriptions")
    fixed_charge_ids = fields.One2many("fusion.billing.fixed.charge", "plan_id", "Fixed Charges")

    def _told(self, name, default=None):
        """Return what the service said of the plan under this name."""
        return (self.api_values or {}).get(name, default)

    def _sold(self):
        """Return the plans that the service knows: of those of one subscription, their origin."""
        return self.mapped(lambda plan: plan.parent_id or plan)

    def _main_charges(self):
        """Return the charges that the service knows: those of filters are parts of theirs."""
        return self.charge_ids.filtered(lambda charge: not charge.filter_of_id)

    def _charges_monthly(self):
        """Tell whether usage of a longer plan is billed each month: unless the service said no.

        A minimum of a period needs all of its usage.
        """
        told = self._told("bill_charges_monthly")
        is_told = told is not None or self.minimum_amount
        return self._cycle() in ("yearly", "semiannual") and (bool(told) if is_told else True)

    def _is_ahead(self):
        """Tell whether the price is due when a period begins: unless the service said it is not."""
        return self._told("pay_in_advance") is not False

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        note(records._of_live())
        return records

    def write(self, vals):
        result = super().write(vals)
        note(self._of_live())
        return result

    def _of_live(self):
        """Return those that a live service sells."""
        return self.filtered(lambda plan: plan.service_id.phase == "live" and not plan.parent_id)
