from decimal import Decimal

from odoo.tests import TransactionCase

from ..api.errors import InvalidError
from ..api.lago_id import lago_id_of, record_id_of
from ..api.objects.plan import CHARGE
from ..api.terms import terms_of

RANGES = [
    {"from_value": 0, "to_value": 10, "per_unit_amount": "1.5", "flat_amount": "2.0"},
    {"from_value": 11, "to_value": None, "per_unit_amount": "0.75", "flat_amount": "0.0"},
]
PROPERTIES = {
    "standard": {"amount": "0.000002083333"},
    "package": {"amount": "2.5", "package_size": 100, "free_units": 50},
    "percentage": {"rate": "1.5", "fixed_amount": "0.3", "free_units_per_events": 3},
    "graduated": {"graduated_ranges": RANGES},
    "volume": {"volume_ranges": RANGES},
    "graduated_percentage": {
        "graduated_percentage_ranges": [
            {"from_value": 0, "to_value": None, "rate": "2.5", "flat_amount": "1.0"}
        ]
    },
}


class TestApiTerms(TransactionCase):
    """Lago's prices become the addon's, exactly, and are told back as they came."""

    def charge(self, model, properties):
        service = self.env.ref("fusion_centralize_billing.service_nexacloud")
        return self.env["fusion.billing.charge"].create(
            {
                **terms_of(model, properties),
                "service_id": service.id,
                "plan_code": model,
                "metric_id": self.env.ref("fusion_centralize_billing.metric_cpu_seconds").id,
                "product_id": self.env["product.product"].create({"name": model}).id,
                "currency_id": service.company_id.currency_id.id,
            }
        )

    def test_properties_come_back_as_they_were_told(self):
        for model, properties in PROPERTIES.items():
            with self.subTest(model):
                self.assertEqual(
                    CHARGE.show(self.charge(model, properties))["properties"], properties
                )

    def test_amounts_are_those_of_lago(self):
        events = [Decimal(100)] * 5
        for model, units, amount in (
            ("standard", "1000000", "2.083333"),
            ("package", "151", "5"),
            ("percentage", "500", "3.6"),
            ("graduated", "10.5", "17.375"),
            ("volume", "10.5", "7.875"),
            ("graduated_percentage", "100", "3.5"),
        ):
            with self.subTest(model):
                charge = self.charge(model, PROPERTIES[model])
                given = events if model == "percentage" else None
                billable = charge._compute_billable(Decimal(units), given)
                self.assertEqual(billable["amount"], Decimal(amount))

    def test_what_odoo_does_not_rate_alike_is_refused(self):
        for model, properties in (
            ("standard", {}),
            ("standard", {"amount": 5}),
            ("standard", {"amount": "-1"}),
            ("standard", {"amount": "NaN"}),
            ("standard", {"amount": "1", "pricing_group_keys": ["region"]}),
            ("package", {"amount": "1", "package_size": 0}),
            ("graduated", {"graduated_ranges": []}),
            ("graduated", {"graduated_ranges": [RANGES[0]]}),
            ("graduated", {"graduated_ranges": [RANGES[1], RANGES[0]]}),
            ("graduated", {"graduated_ranges": [{**RANGES[0], "to_value": 12}, RANGES[1]]}),
            ("graduated", {"graduated_ranges": "x"}),
            ("graduated", {"graduated_ranges": [7]}),
            (
                "percentage",
                {"rate": "1", "per_transaction_min_amount": "2", "per_transaction_max_amount": "1"},
            ),
        ):
            with self.subTest(f"{model} {properties}"), self.assertRaises(InvalidError):
                terms_of(model, properties)

    def test_ids_stand_for_one_record_of_one_model(self):
        text = lago_id_of("fusion.billing.metric", 7)
        self.assertEqual(record_id_of("fusion.billing.metric", text), 7)
        self.assertEqual(record_id_of("fusion.billing.metric", text.upper()), 7)
        self.assertIsNone(record_id_of("sale.order", text))
        for wrong in (None, 7, "", "x", text[:-1], text[:-1] + ("0" if text[-1] != "0" else "1")):
            self.assertIsNone(record_id_of("fusion.billing.metric", wrong))
