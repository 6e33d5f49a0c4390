from unittest.mock import patch

from odoo.tests import freeze_time

from ..metering import turns
from .usage_common import NOW, UsageCase, make_usage


@freeze_time(NOW)
class TestTurns(UsageCase):
    """How calls wait for each other needs connections of their own: tests/usage/test_races.py."""

    def test_transaction_that_has_written_is_not_begun_anew(self):
        self.go_live()
        answer = self.meter(make_usage())
        self.assertEqual(self.counts(answer), [1, 0, 0, 0])
        self.assertFalse(self.env["fusion.billing.turn"].search([]))

    def test_shadows_wait_for_nobody(self):
        with patch.object(turns, "_has_written", return_value=False):
            answer = self.meter(make_usage())
        self.assertEqual(self.counts(answer), [1, 0, 0, 0])
        self.assertFalse(self.env["fusion.billing.turn"].search([]))
