from odoo.fields import Command

from .common import LoadCase

# The table writes them as the rating does; on a charge they are false or 0 when absent.
_NUMBERS = {
    "price_per_unit",
    "included_quota",
    "flat_amount",
    "minimum_amount",
    "percent",
    "fixed_amount",
    "transaction_min",
    "transaction_max",
}


class RatingCase(LoadCase):
    """Makes charges as a manager would type them in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.metric = cls.env.ref("fusion_centralize_billing.metric_cpu_seconds")
        cls.product = cls.env["product.product"].create({"name": "Overage", "type": "service"})

    def charge_values(self, terms, code="trial"):
        """Return the fields of a charge with these terms of the case table."""
        values = {
            "service_id": self.service.id,
            "plan_code": code,
            "metric_id": self.metric.id,
            "product_id": self.product.id,
            "currency_id": self.service.company_id.currency_id.id,
        }
        for name, value in terms.items():
            if name == "tiers":
                values["tier_ids"] = [Command.create(self.tier_values(tier)) for tier in value]
            elif name != "unit_name":
                values[name] = float(value or 0) if name in _NUMBERS else value
        return values

    def tier_values(self, tier):
        """Return the fields of a tier of the case table."""
        prices = {name: float(value) for name, value in tier.items() if name != "up_to"}
        return {"is_last": tier["up_to"] is None, "up_to": float(tier["up_to"] or 0), **prices}

    def make_charge(self, **terms):
        """Create one charge."""
        return self.env["fusion.billing.charge"].create(self.charge_values(terms))
