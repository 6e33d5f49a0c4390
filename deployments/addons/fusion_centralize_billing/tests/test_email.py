from .common import LoadCase, make_customer, make_order, source_id


class TestEmail(LoadCase):
    def contact(self, **values):
        return self.env["res.partner"].create(
            {"name": "Was here", "email": "Zoe@Nexa.example", **values}
        )

    def row(self, name="Zoé", **changes):
        customer = make_customer(name, email="ZOE@nexa.EXAMPLE", **changes)
        return self.load(customer)["customer", source_id(f"user {name}")]

    def test_contact_with_the_address_in_other_case_is_linked_and_not_rewritten(self):
        partner = self.contact()
        row = self.row(orders=[make_order()])
        self.assertEqual((row["outcome"], row["odoo_id"]), ("created", partner.id))
        self.assertEqual(row["code"], "email_matched")
        self.row(city="Ottawa")
        self.assertEqual((partner.name, partner.city), ("Was here", False))
        self.assertEqual(self.order().partner_id, partner)

    def test_two_customers_with_one_address_share_one_contact(self):
        first = make_customer("A", [make_order("a")], email="one@nexa.example")
        second = make_customer("B", [make_order("b")], email="ONE@nexa.example")
        answer = self.load(first, second)
        self.assertEqual(set(self.outcomes(answer)), {"created"})
        self.assertEqual(self.link("A").partner_id, self.link("B").partner_id)
        self.assertTrue(self.link("A").owns_partner)
        self.assertFalse(self.link("B").owns_partner)
        self.assertEqual(len(self.link("A").partner_id.x_fc_link_ids), 2)

    def test_second_of_an_address_becomes_the_first_when_that_one_fails(self):
        first = make_customer("A", email="one@nexa.example", country_code="XX")
        second = make_customer("B", email="one@nexa.example")
        answer = self.load(first, second)
        self.assertEqual(self.outcomes(answer), ["created", "failed", "created"])
        self.assertTrue(self.link("B").owns_partner)

    def test_several_contacts_with_the_address_give_the_lowest_active_id(self):
        self.contact(active=False)
        chosen = self.contact()
        self.contact()
        row = self.row()
        self.assertEqual((row["odoo_id"], row["code"]), (chosen.id, "email_ambiguous"))

    def test_archived_contact_is_linked_rather_than_doubled(self):
        archived = self.contact(active=False)
        row = self.row()
        self.assertEqual((row["odoo_id"], row["code"]), (archived.id, "email_archived"))

    def test_contact_of_another_company_is_not_taken(self):
        other = self.env["res.company"].create({"name": "Other company"})
        foreign = self.contact(company_id=other.id)
        row = self.row()
        self.assertNotEqual(row["odoo_id"], foreign.id)

    def test_customers_without_address_never_share_a_contact(self):
        self.load(make_customer("A", email=None), make_customer("B", email=None))
        self.assertNotEqual(self.link("A").partner_id, self.link("B").partner_id)

    def test_changed_address_of_a_linked_account_keeps_the_contact(self):
        self.load(make_customer("A", email="old@nexa.example"))
        partner = self.link("A").partner_id
        self.load(make_customer("A", email="new@nexa.example"))
        self.assertEqual(self.link("A").partner_id, partner)
        self.assertEqual(partner.email, "new@nexa.example")
