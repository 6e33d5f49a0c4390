from odoo.exceptions import UserError

from .common import LoadCase, make_customer

# They differ between any two records.
_OWN = {"id", "partner_id", "commercial_partner_id", "external_id"}


class TestContacts(LoadCase):
    """The loader takes short cuts; what they leave behind is what the ORM would."""

    def columns(self, record):
        """Return every column of a record's row, without those of ``_OWN``."""
        self.env.flush_all()
        self.env.cr.execute(f'SELECT * FROM "{record._table}" WHERE id = %s', [record.id])
        return {
            name: value for name, value in self.env.cr.dictfetchone().items() if name not in _OWN
        }

    def test_new_contact_holds_what_odoo_itself_would_store(self):
        customers = [
            make_customer("Zoé", phone="+1 514 555 0100"),
            make_customer("Person", company_name="Acme"),
            make_customer("Acme", company_name="Acme", country_code="BE", region=None),
            make_customer("Bare", email=None, country_code=None, region=None),
        ]
        self.load(*customers)
        for customer in customers:
            partner = self.link(customer["name"]).partner_id
            values = {
                name: partner[name]
                for name in ("name", "is_company", "email", "phone", "street", "city", "zip")
            }
            values["company_name"] = "Acme" if customer["name"] == "Person" else False
            values["country_id"], values["state_id"] = partner.country_id.id, partner.state_id.id
            contacts = self.env["res.partner"].with_user(self.importer).sudo()
            twin = contacts.with_context(tracking_disable=True).create(values)
            self.assertEqual(self.columns(partner), self.columns(twin), customer["name"])
            self.assertEqual(partner.commercial_partner_id, partner)
            self.assertFalse(partner.image_128)

    def test_new_contact_takes_the_defaults_that_an_administrator_set(self):
        defaults = self.env["ir.default"]
        company = self.env["res.partner"].create(
            {
                "name": "Parent",
                "is_company": True,
                "street": "1 Main Street",
                "vat": "123456789RT0001",
            }
        )
        defaults.set("res.partner", "user_id", self.importer.id)
        self.load(make_customer("A"))
        self.assertEqual(self.link("A").partner_id.user_id, self.importer)
        defaults.set("res.partner", "parent_id", company.id)
        self.load(make_customer("B"))
        child = self.link("B").partner_id
        self.assertEqual(child.commercial_partner_id, company)
        self.assertEqual(child.vat, company.vat)

    def test_new_link_holds_what_the_orm_would_store(self):
        self.load(make_customer(stripe_customer_id=None, active=False))
        link = self.link()
        links = self.env["fusion.billing.account.link"].with_user(self.importer).sudo()
        names = [
            "email_at_import",
            "stripe_customer_id",
            "account_active",
            "owns_partner",
            "fingerprint",
        ]
        twin = links.create(
            {
                **{name: link[name] for name in names},
                "external_id": "twin",
                "service_id": link.service_id.id,
                "partner_id": link.partner_id.id,
            }
        )
        self.assertEqual(self.columns(link), self.columns(twin))

    def test_contacts_of_another_caller_are_all_checked_for_their_company(self):
        other = self.env["res.company"].create({"name": "Other company"})
        foreign = self.env["account.payment.term"].create({"name": "T", "company_id": other.id})
        manager = self.make_user("manager")
        manager.group_ids += self.env.ref("base.group_partner_manager")
        manager.group_ids += self.env.ref("account.group_account_invoice")
        contacts = self.env["res.partner"].with_user(manager).with_context(fc_contacts_alike=True)
        with self.assertRaisesRegex(UserError, "company"):
            contacts.create([{"name": "A"}, {"name": "B", "property_payment_term_id": foreign.id}])
