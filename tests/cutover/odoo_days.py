"""Run Odoo's scheduled action for recurring invoices on some days; runs in Odoo's own Python.

``odoo_days.py CONFIG DATABASE DAY...`` with ISO days, in their order. It is the action that the
strict stand-in has, as it is; Odoo's clock stands at noon of each day.
"""

import sys

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import freeze_time
from odoo.tools import config


def main() -> None:
    """Run it on each day, a transaction each."""
    settings, database, *days = sys.argv[1:]
    config.parse_config(["-c", settings], setup_logging=True)
    registry = Registry(database)
    for day in days:
        with registry.cursor() as cr, freeze_time(f"{day} 12:00:00"):
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["sale.order"]._cron_recurring_create_invoice()
            env.flush_all()


if __name__ == "__main__":
    main()
