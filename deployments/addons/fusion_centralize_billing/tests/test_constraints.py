from psycopg2 import IntegrityError

from odoo.tools import mute_logger

from .common import LoadCase, make_customer, make_order, source_id


class TestConstraints(LoadCase):
    def setUp(self):
        super().setUp()
        self.load(make_customer(orders=[make_order()]))

    def assert_refused(self, constraint, attempt):
        with (
            self.subTest(constraint),
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(IntegrityError, constraint),
            self.env.cr.savepoint(),
        ):
            attempt()
            self.env.flush_all()

    def test_database_refuses_what_would_bill_twice_or_wrongly(self):
        link, charge, order = self.link(), self.plan().charge_ids, self.order()
        self.assert_refused("account_link_external_uniq", lambda: link.copy())
        self.assert_refused("charge_plan_metric_uniq", lambda: charge.copy())
        self.assert_refused("price_not_negative", lambda: charge.write({"price_per_unit": -1}))
        self.assert_refused("quota_not_negative", lambda: charge.write({"included_quota": -1}))
        self.assert_refused("batch_positive", lambda: charge.write({"unit_batch": 0}))
        key = {
            "partner_id": order.partner_id.id,
            "x_fc_service_id": self.service.id,
            "x_fc_external_id": order.x_fc_external_id,
        }
        self.assert_refused("fc_external_uniq", lambda: order.sudo().create(key))
        self.assert_refused("service_code_uniq", lambda: self.service.copy())

    def test_contact_with_an_account_cannot_be_deleted(self):
        self.order().unlink()
        self.assert_refused("partner_id", lambda: self.link().partner_id.unlink())

    def test_account_ids_are_unique_within_their_service_only(self):
        other = self.env["fusion.billing.service"].create({"name": "Maps", "code": "maps"})
        link = self.link().copy({"service_id": other.id})
        self.assertEqual(link.external_id, source_id("user Zoé"))
