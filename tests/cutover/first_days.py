"""The first days after a switch: usage that the app sends, and what Odoo posts on each of them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from deployments.sample.lago.tenant.defaults import SERVICE

TODAY = datetime.now(UTC).date()
#: The longest that a first invoice is away: a quarter.
HORIZON = TODAY + timedelta(days=95)
_SCRIPT = Path(__file__).with_name("odoo_days.py")
#: Rows of usage in a call.
_ROWS = 1000


def send_usage(world, coming):
    """Let the app send to Odoo what is used until the next bills, as Lago would count it."""
    rows = []
    for key, (bill, _) in coming.items():
        for due in bill.dues:
            if due.kind == "charge" and not due.is_true_up and due.units:
                start, end = (datetime.combine(day, time(), UTC) for day in (due.start, due.end))
                row = [key, due.code, start.isoformat(), end.isoformat(), str(due.units)]
                rows.append([*row, f"app:{start:%Y-%m-%d}"])
    for number, first in enumerate(range(0, len(rows), _ROWS)):
        batch = {
            "format": 1, "service": SERVICE, "run": None, "key": f"app-{number}",
            "dry_run": False, "rows": rows[first : first + _ROWS],
        }  # fmt: skip
        answer = world.rpc().execute_kw("fusion.billing.import.wizard", "load_usage", [batch])
        assert not answer["rows"], answer["rows"][:3]
    return len(rows)


def first_invoices(world, coming, log):
    """Let Odoo work on the days of the next bills: the first invoice of each, before and with tax.

    ``log`` is where Odoo's log goes.
    """
    days = sorted({bill.day for bill, *_ in coming.values()})
    odoo = world.scratch.odoo
    odoo.run_script(str(_SCRIPT), str(odoo.settings), world.database, *map(str, days), log=log)
    found = {}
    for key, *invoice in world.sql(
        "SELECT DISTINCT o.x_fc_external_id, m.invoice_date, m.amount_untaxed::text,"
        " m.amount_total::text, m.id"
        " FROM account_move m JOIN account_move_line l ON l.move_id = m.id"
        " JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id"
        " JOIN sale_order_line s ON s.id = r.order_line_id JOIN sale_order o ON o.id = s.order_id"
        " WHERE m.state = 'posted' AND m.move_type = 'out_invoice' ORDER BY m.id"
    ):
        day, net, total, _ = invoice
        found.setdefault(key, (day, Decimal(net), Decimal(total)))
    return found
