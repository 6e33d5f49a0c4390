from .common import LoadCase, make_charge, make_customer, make_order, make_plan, source_id

FOREIGN = "CHF"


class TestLoadCurrencies(LoadCase):
    def foreign(self, **changes):
        """Return a plan and a customer in another currency than the company's."""
        plan = make_plan(
            "swiss", currency=FOREIGN, charges=[make_charge(currency=FOREIGN)], **changes
        )
        order = make_order("zug", "swiss", currency=FOREIGN)
        return plan, make_customer("Heidi", [order])

    def test_order_in_another_currency_is_billed_in_it(self):
        plan, customer = self.foreign()
        answer = self.load(customer, plans=[plan])
        self.assertEqual(set(self.outcomes(answer)), {"created"})
        order = self.order("zug")
        self.assertEqual(order.currency_id.name, FOREIGN)
        self.assertEqual(order.pricelist_id.currency_id.name, FOREIGN)
        self.assertEqual((order.order_line.price_unit, order.amount_untaxed), (49.0, 49.0))
        self.assertEqual(self.plan("swiss").currency_id.name, FOREIGN)
        self.assertEqual(self.plan("swiss").charge_ids.currency_id.name, FOREIGN)

    def test_all_orders_in_one_currency_share_one_price_list(self):
        plan, customer = self.foreign()
        other = make_customer("Urs", [make_order("bern", "swiss", currency=FOREIGN)])
        self.load(customer, plans=[plan])
        self.load(other, plans=[plan])
        lists = self.order("zug").pricelist_id | self.order("bern").pricelist_id
        self.assertEqual(len(lists), 1)
        self.assertEqual(
            lists.item_ids.mapped(lambda rule: (rule.product_id, rule.fixed_price)),
            [(self.plan("swiss").flat_product_id, 49.0)],
        )

    def test_loaded_twice_nothing_changes(self):
        plan, customer = self.foreign()
        self.load(customer, plans=[plan])
        answer = self.load(customer, plans=[plan], full_compare=True)
        self.assertEqual(set(self.outcomes(answer)), {"unchanged"})

    def test_changed_price_reaches_the_order_and_the_price_list(self):
        plan, customer = self.foreign()
        self.load(customer, plans=[plan])
        plan["flat_prices"]["monthly"] = customer["orders"][0]["price"] = "55.50"
        self.load(customer, plans=[plan])
        order = self.order("zug")
        self.assertEqual(order.order_line.price_unit, 55.5)
        self.assertEqual(order.pricelist_id.item_ids.fixed_price, 55.5)

    def test_currency_without_a_rate_is_told(self):
        plan, customer = self.foreign()
        chf = self.env.ref("base.CHF")
        chf.rate_ids.unlink()
        row = self.load(customer, plans=[plan])["plan", source_id("plan swiss")]
        self.assertEqual((row["outcome"], row["code"]), ("created", "currency_without_rate"))

    def test_order_in_another_currency_than_its_plan_is_refused(self):
        plan, customer = self.foreign()
        customer["orders"][0]["currency"] = "NOK"
        row = self.load(customer, plans=[plan])["order", source_id("deployment zug")]
        self.assertEqual((row["outcome"], row["code"]), ("failed", "unknown_currency"))

    def test_currency_that_does_not_exist_is_refused(self):
        for odd in ("XXY", "", None, 5):
            plan, _customer = self.foreign()
            plan["currency"] = odd
            plan["charges"] = []
            answer = self.wizard.load_bundle(
                {
                    "format": 1,
                    "service": "nexacloud",
                    "run": None,
                    "key": "1",
                    "mapping_version": 1,
                    "dry_run": False,
                    "full_compare": False,
                    "plans": [plan],
                    "customers": [],
                }
            )["rows"]
            with self.subTest(str(odd)):
                self.assertEqual(
                    [(row["outcome"], row["code"]) for row in answer],
                    [("failed", "unknown_currency")],
                )
