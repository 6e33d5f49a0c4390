from psycopg2.errors import SerializationFailure

from odoo.exceptions import ConcurrencyError
from odoo.tools import mute_logger

from ..loader.customers import CustomerLoader
from ..loader.halving import idempotency_keys, load_in_halves
from ..loader.row import Row
from .common import LoadCase, make_customer


class TestConcurrency(LoadCase):
    def test_key_that_another_load_brought_first_is_replayed_and_not_a_failure(self):
        self.load(make_customer())
        original = CustomerLoader._links
        # What a load sees whose snapshot is older than the other one's commit.
        self.patch(CustomerLoader, "_links", lambda _self, _rows: {})
        with mute_logger("odoo.sql_db"), self.assertRaises(ConcurrencyError):
            self.load(make_customer(email="other@nexa.example"))
        self.patch(CustomerLoader, "_links", original)

    def test_faults_that_odoo_replays_are_never_a_rows_failure(self):
        rows = [Row("customer", str(number), {}, "") for number in range(4)]
        for fault in (SerializationFailure, ConcurrencyError):

            def load(_rows, fault=fault):
                raise fault("somebody else was here")

            with self.subTest(fault.__name__), self.assertRaises(fault):
                load_in_halves(self.env, rows, load)
        self.assertEqual({row.outcome for row in rows}, {None})

    def test_keys_of_models_are_names_that_the_database_knows(self):
        keys = idempotency_keys(self.env)
        self.assertIn("fusion_billing_account_link_external_uniq", keys)
        self.assertIn("sale_order_fc_external_uniq", keys)
        self.env.cr.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'u' "
            "UNION SELECT relname FROM pg_class WHERE relkind = 'i'"
        )
        self.assertLessEqual(keys, {name for (name,) in self.env.cr.fetchall()})
