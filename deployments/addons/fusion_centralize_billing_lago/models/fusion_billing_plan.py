from odoo import api, fields, models

from ..webhooks.telling import note


class FusionBillingPlan(models.Model):
    """What a service told of its plan over the API."""

    _name = "fusion.billing.plan"
    _inherit = ["fusion.billing.plan", "fusion.billing.told"]

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

    def _of_live(self):
        """Return those that a live service sells."""
        return super()._of_live().filtered(lambda plan: not plan.parent_id)


class FusionBillingCharge(models.Model):
    """What a service told of its charge over the API."""

    _name = "fusion.billing.charge"
    _inherit = ["fusion.billing.charge", "fusion.billing.told"]

    api_values = fields.Json("Told by Service", readonly=True, copy=False)
    filter_of_id = fields.Many2one(
        "fusion.billing.charge",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="cascade",
        help="The charge of which this one prices some events, told apart by a filter.",
    )
    filter_ids = fields.One2many("fusion.billing.charge", "filter_of_id", "Filters")

    def _api_code(self):
        """Return the code by which a service knows the charge; its metric's unless it said one."""
        said = (self.api_values or {}).get("code")
        metric = self.metric_id._whole() if self.filter_ids else self.metric_id
        return said or metric.code

    def _main(self):
        """Return the charge that a service knows: of a filter's, that which has the filter."""
        return self.filter_of_id or self

    def _filter(self):
        """Return what the service said of a filter: values by property, perhaps a name."""
        return self.api_values or {"values": {}}

    def _filter_name(self):
        """Return how a filter is called: as its service said, or its values."""
        told = self._filter()
        texts = (text for values in told["values"].values() for text in values)
        return told.get("invoice_display_name") or ", ".join(texts)

    def unlink(self):
        note(self._of_live())
        return super().unlink()

    def _of_live(self):
        """Return the plans of live services that have these charges."""
        return self.service_plan_id._of_live()


class FusionBillingFixedCharge(models.Model):
    """An add-on that recurs with a plan: so many units at a price, on every order of the plan."""

    _name = "fusion.billing.fixed.charge"
    _description = "Fixed Charge of a Plan"
    _order = "plan_id, id"

    plan_id = fields.Many2one("fusion.billing.plan", required=True, index=True, ondelete="cascade")
    service_id = fields.Many2one(related="plan_id.service_id", store=True, precompute=True)
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    add_on_id = fields.Many2one("fusion.billing.add.on", required=True, ondelete="restrict")
    code = fields.Char(required=True)
    invoice_display_name = fields.Char()
    units = fields.Float(digits=(16, 6), required=True, default=1.0, aggregator=None)
    price = fields.Float(digits=(16, 6), required=True, aggregator=None)
    tax_code_ids = fields.Many2many("fusion.billing.tax.code", string="Tax Codes")

    _code_uniq = models.Constraint(
        "UNIQUE (plan_id, code)", "The plan already has a fixed charge with this code."
    )

    def _api_code(self):
        """Return the code by which a service knows it."""
        return self.code

    @api.depends("code", "plan_id.code")
    def _compute_display_name(self):
        for charge in self:
            charge.display_name = f"{charge.plan_id.code} / {charge.code}"
