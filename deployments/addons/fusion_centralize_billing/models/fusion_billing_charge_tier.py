from odoo import fields, models

# In the context of a charge that replaces its tiers, and looks at the result itself.
REPLACING = "fc_replacing_tiers"


class FusionBillingChargeTier(models.Model):
    """A tier of a charge, in batches.

    It has an end but no start: it begins where the tier below it ends. So tiers can neither
    overlap nor leave a gap, and a quantity between 10 and 11 is in the tier above 10.
    """

    _name = "fusion.billing.charge.tier"
    _description = "Tier of a Usage Charge"
    _order = "charge_id, is_last, up_to"

    charge_id = fields.Many2one(
        "fusion.billing.charge", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="charge_id.company_id", store=True, precompute=True)
    is_last = fields.Boolean("Without End", help="The last tier holds all that is beyond.")
    # Stored unrounded, as the quota is.
    up_to = fields.Float(
        min_display_digits=2,
        required=True,
        aggregator=None,
        help="The last batch of the tier; fractions beyond it belong to the next one.",
    )
    per_unit = fields.Float(
        "Price", digits=(16, 6), aggregator=None, help="Price of one batch inside the tier."
    )
    percent = fields.Float("%", digits=(16, 6), aggregator=None, help="1.5 is 1.5 %.")
    flat = fields.Float(
        "Flat Fee", digits=(16, 6), aggregator=None, help="Due once the tier is reached."
    )

    _one_last = models.UniqueIndex(
        "(charge_id) WHERE is_last", "A charge has one tier without an end."
    )
    _bound_uniq = models.Constraint(
        "UNIQUE (charge_id, up_to)", "Two tiers of a charge cannot end at the same quantity."
    )
    _bound_positive = models.Constraint(
        "CHECK (CASE WHEN is_last THEN up_to = 0 ELSE up_to > 0 AND up_to < 'Infinity' END)",
        "A tier ends above 0; the one without an end has no quantity there.",
    )
    _prices_not_negative = models.Constraint(
        "CHECK (per_unit >= 0 AND per_unit < 'Infinity' AND flat >= 0 AND flat < 'Infinity' "
        "AND percent >= 0 AND percent < 'Infinity')",
        "Prices, fees and percentages of a tier are numbers and never negative.",
    )

    def write(self, vals):
        charges = self.charge_id
        result = super().write(vals)
        self._check_charges(charges | self.charge_id)
        return result

    def unlink(self):
        charges = self.charge_id
        result = super().unlink()
        self._check_charges(charges)
        return result

    def _check_charges(self, charges):
        """Refuse what leaves a charge without a tier that holds all the rest."""
        if not self.env.context.get(REPLACING):
            charges._check_tiers()

    def _compute_display_name(self):
        for tier in self:
            end = self.env._("without end") if tier.is_last else f"{tier.up_to:g}"
            tier.display_name = f"{tier.charge_id.display_name}: {end}"

    def _terms(self):
        """Return the tiers as the rating takes them, lowest first."""
        return [
            {
                "up_to": None if tier.is_last else tier.up_to,
                "per_unit": tier.per_unit,
                "flat": tier.flat,
                "percent": tier.percent,
            }
            for tier in self.sorted(lambda tier: (tier.is_last, tier.up_to))
        ]
