"""A contact that two accounts share is nobody's to rewrite: invoices would go astray."""

from .common import LoadCase, make_customer, make_order, source_id

KEPT = {"name": "A", "email": "one@nexa.example", "city": "Toronto"}


class TestSharedContacts(LoadCase):
    def row(self, name, **changes):
        changes.setdefault("email", "one@nexa.example")
        answer = self.load(make_customer(name, [make_order(name)], **changes), **self.flags)
        return answer["customer", source_id(f"user {name}")]

    def setUp(self):
        super().setUp()
        self.flags = {}

    def assert_kept(self, contact):
        self.assertEqual({name: contact[name] for name in KEPT}, KEPT)

    def test_contact_of_two_accounts_of_a_service_is_rewritten_by_neither(self):
        self.row("A")
        contact = self.link("A").partner_id
        self.row("B")
        row = self.row("A", email="else@nexa.example", city="Ottawa")
        self.assertEqual(row["code"], "contact_shared")
        self.assertIn("Email, City", row["message"])
        self.row("B", email="mine@nexa.example", city="Laval")
        self.assert_kept(contact)
        self.assertEqual(self.link("A").email_at_import, "else@nexa.example")

    def test_what_was_not_written_is_told_until_somebody_mends_it(self):
        self.row("A")
        self.row("B")
        self.assertEqual(self.row("A", city="Ottawa")["code"], "contact_shared")
        again = self.row("A", city="Ottawa")
        self.assertEqual((again["outcome"], again["code"]), ("unchanged", "contact_shared"))
        self.link("A").partner_id.city = "Ottawa"
        self.flags = {"full_compare": True}
        self.assertIsNone(self.row("A", city="Ottawa")["code"])
        self.flags = {}
        self.assertIsNone(self.row("A", city="Ottawa")["code"])

    def test_contacts_merged_in_odoo_are_not_rewritten_by_the_account_of_either(self):
        self.row("A")
        self.row("B", email="two@nexa.example")
        contact, second = self.link("A").partner_id, self.link("B").partner_id
        # The assistant refuses contacts of different addresses to who is no administrator.
        merge = self.env["base.partner.merge.automatic.wizard"]
        merge.create({})._merge((contact | second).ids, contact)
        self.env.invalidate_all()
        self.assertEqual(self.link("B").partner_id, contact)
        row = self.row("B", email="two@nexa.example", city="Laval")
        self.assertEqual(row["code"], "contact_shared")
        self.assert_kept(contact)
        self.flags = {"full_compare": True}
        row = self.row("B", email="two@nexa.example", city="Laval")
        self.assertEqual((row["outcome"], row["code"]), ("unchanged", "contact_shared"))
        self.assert_kept(contact)

    def test_contact_merged_into_one_that_was_here_before_is_not_rewritten(self):
        before = self.env["res.partner"].create(dict(KEPT, name="A"))
        self.env.cr.execute(
            "UPDATE res_partner SET create_date = '2020-01-01' WHERE id = %s", [before.id]
        )
        self.env.invalidate_all()
        self.row("A", email="two@nexa.example")
        merge = self.env["base.partner.merge.automatic.wizard"]
        merge.create({})._merge((before | self.link("A").partner_id).ids, before)
        self.env.invalidate_all()
        self.assertEqual(self.row("A", city="Laval")["code"], "contact_shared")
        self.assert_kept(before)

    def test_account_of_another_service_keeps_the_first_from_rewriting(self):
        self.row("A")
        contact = self.link("A").partner_id
        maps = self.env["fusion.billing.service"].create({"name": "Maps", "code": "maps"})
        self.env["fusion.billing.account.link"].create(
            {"service_id": maps.id, "external_id": "m1", "partner_id": contact.id}
        )
        self.assertEqual(self.row("A", city="Ottawa")["code"], "contact_shared")
        self.assert_kept(contact)

    def test_contact_of_one_account_follows_its_source_as_ever(self):
        self.row("A")
        row = self.row("A", city="Ottawa")
        self.assertEqual((row["outcome"], row["code"]), ("updated", None))
        self.assertEqual(self.link("A").partner_id.city, "Ottawa")
