from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .case import TODAY, ContractCase


@tagged("post_install", "-at_install", "enterprise_contract")
@freeze_time(f"{TODAY} 12:00:00")
class TestContractPayments(ContractCase):
    """The contract: who has a token is charged, by the scheduled action."""

    def test_token_is_charged_by_the_scheduled_action(self):
        order = self.make_running(payment_token_id=self.make_token().id)
        self.run_action(TODAY)
        (invoice,) = self.invoices(order)
        self.assertEqual(invoice.transaction_ids.mapped("state"), ["done"])
        self.assertEqual(invoice.transaction_ids.token_id, order.payment_token_id)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertFalse(order.payment_exception)

    def test_failed_charge_stops_nothing_silently(self):
        order = self.make_running(payment_token_id=self.make_token("error").id)
        with mute_logger("odoo.addons.payment.models.payment_transaction"):
            self.run_action(TODAY)
        for invoice in self.invoices(order):
            self.assertNotIn(invoice.payment_state, ("paid", "in_payment"))
        transactions = self.env["payment.transaction"].search(
            [("token_id", "=", order.payment_token_id.id)]
        )
        self.assertEqual(set(transactions.mapped("state")), {"error"})
