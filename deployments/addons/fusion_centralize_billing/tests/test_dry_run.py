from .common import LoadCase, make_customer, make_order

TABLES = (
    "res.partner",
    "product.product",
    "sale.order",
    "sale.order.line",
    "fusion.billing.account.link",
    "fusion.billing.plan",
    "fusion.billing.charge",
    "fusion.billing.import.bundle",
)


class TestDryRun(LoadCase):
    def counts(self):
        return {name: self.env[name].search_count([]) for name in TABLES}

    def story(self, answer):
        """Return what is predicted: everything but the ids of records not created yet."""
        return [(key, row["outcome"], row["code"], row["message"]) for key, row in answer.items()]

    def test_dry_run_leaves_nothing_behind_and_predicts_the_real_run(self):
        self.load(make_customer("Old", [make_order("old")]))
        customers = [
            make_customer("Old", [make_order("old", price="50.00")], city="Ottawa"),
            make_customer("New", [make_order("new")]),
            make_customer("Bad", [make_order("bad")], country_code="XX"),
        ]
        before = self.counts()
        predicted = self.load(*customers, dry_run=True)
        self.assertEqual(self.counts(), before)
        self.assertEqual(self.order("old").order_line.price_unit, 49.0)
        self.assertEqual(self.link("Old").partner_id.city, "Toronto")
        self.assertEqual(self.story(self.load(*customers)), self.story(predicted))

    def test_dry_run_gives_no_id_to_what_it_did_not_create(self):
        answer = self.load(make_customer(), dry_run=True)
        self.assertEqual({row["odoo_id"] for row in answer.values()}, {None})

    def test_dry_run_of_a_logged_run_logs_no_bundle(self):
        self.wizard.start_run(
            {"service": "nexacloud", "key": "dry", "started_at": "2026-01-02T03:04:05+00:00"}
        )
        before = self.counts()
        self.load(make_customer(), dry_run=True, run="dry")
        self.assertEqual(self.counts(), before)
