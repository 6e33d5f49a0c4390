from .common import LoadCase, make_bundle, make_plan, source_id


class TestProducts(LoadCase):
    """Each plan has products of its own: with another's it would bill at another's price."""

    def products(self, *plans):
        return [(plan.flat_product_id, plan.overage_product_id) for plan in plans]

    def assert_apart(self, *plans):
        found = [product for pair in self.products(*plans) for product in pair]
        self.assertEqual(len({product.id for product in found}), 2 * len(plans))

    def test_plan_whose_code_spells_another_s_overage_shares_no_product(self):
        self.load(plans=[make_plan("pro"), make_plan("pro:overage")])
        self.load(plans=[make_plan("max:overage")])
        self.load(plans=[make_plan("max"), make_plan("max:overage:overage")])
        codes = ("pro", "pro:overage", "max", "max:overage", "max:overage:overage")
        self.assert_apart(*(self.plan(code) for code in codes))

    def test_service_whose_code_spells_another_s_plan_shares_no_product(self):
        self.env["fusion.billing.service"].create({"name": "Tricky", "code": "nexacloud:pro"})
        self.load(plans=[make_plan("pro:overage")])
        tricky = make_plan("overage", external_id=source_id("tricky"))
        tricky["currency"] = self.currency
        for charge in tricky["charges"]:
            charge["currency"] = self.currency
        answer = self.wizard.load_bundle(make_bundle(plans=[tricky], service="nexacloud:pro"))
        self.assertEqual(answer["rows"][0]["outcome"], "created")
        self.assert_apart(self.plan("pro:overage"), self.plan("overage"))

    def test_product_that_somebody_made_by_hand_under_the_code_is_not_taken(self):
        by_hand = self.env["product.product"].create(
            {"name": "By hand", "default_code": "nexacloud:pro", "list_price": 7}
        )
        self.load(plans=[make_plan("pro")])
        self.assertNotIn(by_hand, self.products(self.plan("pro"))[0])
        self.assertEqual((by_hand.name, by_hand.list_price), ("By hand", 7))

    def test_new_plan_under_the_code_of_one_that_was_renamed_has_products_of_its_own(self):
        first = make_plan("pro")
        self.load(plans=[first])
        self.load(plans=[make_plan("pro-2", external_id=first["external_id"])])
        self.load(plans=[make_plan("pro", external_id=source_id("another"))])
        self.assert_apart(self.plan("pro"), self.plan("pro-2"))

    def test_plan_loaded_again_keeps_its_products(self):
        self.load(plans=[make_plan("pro")])
        before = self.products(self.plan("pro"))
        self.load(plans=[make_plan("pro", name="Pro 2")], full_compare=True)
        self.assertEqual(self.products(self.plan("pro")), before)
