from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import LoadCase, make_charge, make_customer, make_order, make_plan, source_id


class TestLoadTaxes(LoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.service.company_id
        tax = cls.env["account.tax"].with_company(cls.company)
        group = cls.env["account.tax"].search([("company_id", "=", cls.company.id)], limit=1)
        shared = {
            "amount_type": "percent",
            "type_tax_use": "sale",
            "company_id": cls.company.id,
            "country_id": cls.company.account_fiscal_country_id.id,
            "tax_group_id": group.tax_group_id.id,
        }
        cls.hst = tax.create({**shared, "name": "Test HST", "amount": 13.0})
        cls.gst = tax.create({**shared, "name": "Test GST", "amount": 5.0})

    def map(self, code, *taxes, **changes):
        ids = [tax.id for tax in taxes]
        return self.env["fusion.billing.tax.code"].create(
            {
                "service_id": self.service.id,
                "code": code,
                "tax_ids": [Command.set(ids)],
                **changes,
            }
        )

    def load_order(self, customer=None, **changes):
        answer = self.load(make_customer(orders=[make_order(**changes)], **(customer or {})))
        return answer["order", source_id("deployment web")]

    def taxes(self):
        return {line.x_fc_item: line.tax_ids for line in self.order().order_line}

    def test_code_of_the_customer_is_the_order_s_tax(self):
        self.map("hst_on", self.hst)
        row = self.load_order({"tax_codes": ["hst_on"]})
        self.assertEqual(row["outcome"], "created")
        self.assertEqual(self.order().order_line.tax_ids, self.hst)
        self.assertEqual(self.order().amount_tax, 6.37)
        self.assertTrue(self.order().x_fc_taxes_told)
        self.assertEqual(self.order().x_fc_tax_ids, self.hst)

    def test_most_specific_code_counts(self):
        self.map("hst_on", self.hst)
        self.map("gst", self.gst)
        self.map("none", no_tax=True)
        line = {
            "item": "addon:x",
            "kind": "addon",
            "name": "x",
            "quantity": "1",
            "price": "1.00",
        }
        self.load_order(
            {"tax_codes": ["hst_on"]},
            tax_codes=["gst"],
            lines=[
                {**line, "external_id": "1", "item": "addon:1"},
                {**line, "external_id": "2", "item": "addon:2", "tax_codes": ["hst_on", "gst"]},
                {**line, "external_id": "3", "item": "addon:3", "tax_codes": []},
                {**line, "external_id": "4", "item": "addon:4", "tax_codes": ["none"]},
            ],
        )
        nothing = self.env["account.tax"]
        self.assertEqual(
            self.taxes(),
            {
                False: self.gst,
                "addon:1": self.gst,
                "addon:2": self.hst | self.gst,
                "addon:3": nothing,
                "addon:4": nothing,
            },
        )

    def test_unmapped_code_keeps_the_order_out_until_finance_maps_it(self):
        row = self.load_order({"tax_codes": ["hst_on"]})
        self.assertEqual((row["outcome"], row["code"]), ("failed", "tax_code_unmapped"))
        self.assertIn("hst_on", row["message"])
        self.map("hst_on")
        row = self.load_order({"tax_codes": ["hst_on"]})
        self.assertEqual(row["code"], "tax_code_unmapped")
        self.env["fusion.billing.tax.code"].search([]).tax_ids = self.hst
        self.assertEqual(self.load_order({"tax_codes": ["hst_on"]})["outcome"], "created")

    def test_another_mapping_reaches_the_order_with_the_next_load(self):
        code = self.map("hst_on", self.hst)
        self.load_order(tax_codes=["hst_on"])
        self.assertEqual(self.load_order(tax_codes=["hst_on"])["outcome"], "unchanged")
        code.tax_ids = self.gst
        self.assertEqual(self.load_order(tax_codes=["hst_on"])["outcome"], "updated")
        self.assertEqual(self.order().order_line.tax_ids, self.gst)

    def test_code_of_a_charge_is_kept_with_it(self):
        self.map("hst_on", self.hst)
        plan = make_plan(charges=[make_charge(tax_codes=["hst_on"])])
        self.load(plans=[plan])
        charge = self.plan().charge_ids
        self.assertEqual((charge.taxes_told, charge.tax_ids), (True, self.hst))
        answer = self.load(plans=[plan], full_compare=True)
        self.assertEqual(self.outcomes(answer), ["unchanged"])

    def test_code_names_taxes_on_sales_or_none(self):
        with self.assertRaises(ValidationError):
            self.map("both", self.hst, no_tax=True)

    def test_exempt_customer_pays_no_tax_and_does_again_when_that_ends(self):
        self.map("hst_on", self.hst)
        self.load_order()
        before = self.order().order_line.tax_ids
        for extra in ({}, {"tax_codes": ["hst_on"]}):
            self.load_order({"tax_exempt": True, **extra})
            order = self.order()
            self.assertFalse(order.order_line.tax_ids)
            self.assertEqual(order.amount_tax, 0.0)
            self.assertTrue(order.fiscal_position_id)
            self.assertTrue(self.link().tax_exempt)
            partner = self.link().partner_id.with_company(self.company)
            self.assertEqual(partner.property_account_position_id, order.fiscal_position_id)
        self.load_order()
        self.assertEqual(self.order().order_line.tax_ids, before)
        self.assertFalse(self.link().tax_exempt)

    def keep_contact(self, **values):
        """Change the contact as a person who keeps contacts, not billing."""
        groups = "base.group_user,base.group_partner_manager"
        keeper = new_test_user(self.env, f"keeper-{values}", groups=groups)
        self.order().partner_id.with_user(keeper).write(values)

    def test_shadow_follows_where_a_person_says_what_its_contact_is_taxed_by(self):
        treaty = {"name": "By Treaty", "company_id": self.company.id}
        position = self.env["account.fiscal.position"].create(treaty)
        self.load_order()
        before = self.order().order_line.tax_ids
        self.assertTrue(before)
        self.keep_contact(property_account_position_id=position.id)
        self.assertEqual(self.order().fiscal_position_id, position)
        self.assertFalse(self.order().order_line.tax_ids)
        self.assertEqual(self.order().amount_tax, 0.0)
        # It is no edit that a load would put back.
        self.assertEqual(self.load_order()["outcome"], "unchanged")
        answer = self.load(make_customer(orders=[make_order()]), full_compare=True)
        self.assertEqual(set(self.outcomes(answer)), {"unchanged"})
        self.keep_contact(property_account_position_id=False)
        self.assertEqual(self.order().order_line.tax_ids, before)

    def test_taxes_that_the_service_names_do_not_follow_the_contact(self):
        self.map("hst_on", self.hst)
        self.load_order({"tax_codes": ["hst_on"]})
        treaty = {"name": "By Treaty", "company_id": self.company.id}
        position = self.env["account.fiscal.position"].create(treaty)
        self.keep_contact(property_account_position_id=position.id)
        self.assertEqual(self.order().order_line.tax_ids, self.hst)

    def test_province_is_found_however_it_is_spelt(self):
        quebec = self.env.ref("base.state_ca_qc")
        island = self.env.ref("base.state_ca_pe")
        spellings = [
            *(("CA", text, quebec) for text in ("Québec", "quebec", "QC", "Que.", "CA-QC", " qc ")),
            *(("CAN", text, island) for text in ("P.E.I.", "Prince-Edward Island")),
            *(("Canada", text, quebec) for text in ("QUÉBEC", "Que\u0301bec", "P.Q.")),
            ("ca", "Île-du-Prince-Édouard", island),
        ]
        for country, region, state in spellings:
            answer = self.load(make_customer(country_code=country, region=region))
            with self.subTest(f"{region}, {country}"):
                row = answer["customer", source_id("user Zoé")]
                self.assertIsNone(row["code"])
                self.assertEqual(self.link().partner_id.state_id, state)

    def test_codes_that_iso_gives_to_nobody_are_the_countries_that_people_mean(self):
        for written, code in (("UK", "GB"), (" uk ", "GB"), ("EL", "GR")):
            row = self.load(make_customer(country_code=written, region="London"))
            self.assertNotEqual(row["customer", source_id("user Zoé")]["outcome"], "failed")
            self.assertEqual(self.link().partner_id.country_id.code, code)

    def test_unknown_province_is_told_in_every_run_until_it_is_mended(self):
        customer = make_customer(region="Atlantis", orders=[make_order()])
        for _run in range(3):
            row = self.load(customer)["customer", source_id("user Zoé")]
            self.assertEqual(row["code"], "region_unknown")
        self.assertEqual(self.link().remark_code, "region_unknown")
        self.link().partner_id.state_id = self.env.ref("base.state_ca_qc")
        self.env.flush_all()
        row = self.load(customer)["customer", source_id("user Zoé")]
        self.assertIsNone(row["code"])

    def test_matched_contact_is_told_in_every_run(self):
        customer = make_customer(email="here@nexa.example")
        self.env["res.partner"].create({"name": "Here", "email": "HERE@nexa.example"})
        for _run in range(2):
            row = self.load(customer)["customer", source_id("user Zoé")]
            self.assertEqual(row["code"], "email_matched")
        customer["city"] = "Ottawa"
        row = self.load(customer)["customer", source_id("user Zoé")]
        self.assertEqual(row["code"], "email_matched")


class TestLoadContactTerms(LoadCase):
    def load_customer(self, **changes):
        row = self.load(make_customer(orders=[make_order()], **changes))
        return row["customer", source_id("user Zoé")], self.link().partner_id

    def test_every_address_is_on_the_contact_and_the_first_finds_it(self):
        known = self.env["res.partner"].create({"name": "Here", "email": "b@nexa.example"})
        row, partner = self.load_customer(
            email="a@nexa.example", emails=["a@nexa.example", "b@nexa.example"]
        )
        self.assertEqual(row["outcome"], "created")
        self.assertNotEqual(partner, known)
        self.assertEqual(partner.email, "a@nexa.example, b@nexa.example")
        self.assertEqual(partner.email_normalized, "a@nexa.example")
        row, _partner = self.load_customer(
            email="a@nexa.example", emails=["a@nexa.example", "b@nexa.example"]
        )
        self.assertEqual((row["outcome"], row["code"]), ("unchanged", None))

    def test_terms_of_payment_are_on_contact_and_order(self):
        row, partner = self.load_customer(payment_term_days=45)
        term = partner.with_company(self.service.company_id).property_payment_term_id
        self.assertEqual(term.line_ids.nb_days, 45)
        self.assertEqual(self.order().payment_term_id, term)
        row, _partner = self.load_customer(payment_term_days=0)
        self.assertEqual(row["outcome"], "updated")
        self.assertEqual(self.order().payment_term_id.line_ids.nb_days, 0)

    def test_language_is_the_nearest_that_odoo_speaks(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        row, partner = self.load_customer(language="fr")
        self.assertEqual((row["code"], partner.lang), (None, "fr_FR"))
        row, partner = self.load_customer(language="fr-CA")
        self.assertEqual(partner.lang, "fr_FR")
        row, partner = self.load_customer(language="xx")
        self.assertEqual((row["code"], partner.lang), ("language_unknown", "fr_FR"))

    def test_tax_number_and_payment_provider_are_kept(self):
        _row, partner = self.load_customer(
            vat="123456789RT0001", payment_provider="gocardless", payment_reference="CU0001"
        )
        self.assertEqual(partner.vat, "123456789RT0001")
        link = self.link()
        self.assertEqual((link.payment_provider, link.payment_reference), ("gocardless", "CU0001"))


class TestLoadCredits(LoadCase):
    def load_credits(self, *credits):
        answer = self.load(make_customer(opening_credits=list(credits)))
        return answer["customer", source_id("user Zoé")]

    def credit(self, key="w1", **changes):
        return {
            "external_id": key,
            "customer": source_id("user Zoé"),
            "kind": "wallet_paid",
            "amount": "12.50",
            "currency": self.currency,
            **changes,
        }

    def test_what_is_owed_is_kept_with_the_account_and_posts_nothing(self):
        moves = self.env["account.move"].search_count([])
        self.load_credits(self.credit(), self.credit("n1", kind="credit_note", amount="3.00"))
        credits = self.link().credit_ids
        self.assertEqual(sorted(credits.mapped("amount")), [3.0, 12.5])
        self.assertFalse(credits.move_id)
        self.assertEqual(self.env["account.move"].search_count([]), moves)

    def test_credits_follow_the_source(self):
        self.load_credits(self.credit(), self.credit("n1"))
        first = self.link().credit_ids[0]
        row = self.load_credits(self.credit(amount="7.25"))
        self.assertEqual(row["outcome"], "updated")
        self.assertEqual(self.link().credit_ids, first)
        self.assertEqual(first.amount, 7.25)
        self.assertEqual(self.load_credits(self.credit(amount="7.25"))["outcome"], "unchanged")
        self.load_credits()
        self.assertFalse(self.link().credit_ids)

    def test_wrong_credit_keeps_its_customer_out(self):
        for wrong in ({"amount": "0"}, {"amount": "1.005"}, {"amount": "-2"}, {"kind": "gift"}):
            with self.subTest(str(wrong)):
                row = self.load_credits(self.credit(**wrong))
                self.assertEqual((row["outcome"], row["code"]), ("failed", "invalid_value"))
