"""Odoo's scheduled action for recurring invoices, run as on a day of one's choice."""

from unittest.mock import patch

from odoo.tests import freeze_time

_METHOD = "_cron_recurring_create_invoice"
_NAME = "generate recurring invoices"


def uncommitted(env):
    """Let a scheduled action's commits write to the database, and no more."""
    return patch.object(env.cr, "commit", env.flush_all)


def run_invoice_action(env, day):
    """Run it by its method or, where that has another name, as the scheduled action that it is."""
    orders = env["sale.order"]
    with freeze_time(f"{day} 12:00:00"), uncommitted(env):
        if hasattr(orders, _METHOD):
            getattr(orders, _METHOD)()
        else:
            actions = env["ir.cron"].with_context(active_test=False)
            actions.search([("name", "ilike", _NAME)], limit=1).ir_actions_server_id.run()
    env.flush_all()
    env.invalidate_all()
