"""What posted invoices say of subscriptions, by item and period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.periods.calendar import midnight
from odoo.addons.fusion_centralize_billing_usage.metering.rated import MINIMUM
from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import Subscription


@dataclass(slots=True)
class Posted:
    """One item of one period; ``refs`` are the invoices that bill or credit it.

    ``units`` is None where a line has no quantity of its own. ``tax_ids`` are those of the
    first line.
    """

    item: str
    start: datetime
    end: datetime
    units: Decimal | None
    amount: Decimal
    currency: str
    refs: list[str]
    tax_ids: tuple[int, ...] = ()


def posted_of(
    env, subscriptions: Sequence[Subscription], window: tuple[datetime, datetime]
) -> dict[int, dict[tuple, Posted]]:
    """Return what is posted of the periods that start in the window.

    By order id, then by item and start. Credit notes are deducted; several lines of one item
    and period are one. A line that bills neither the recurring price nor rated usage is
    ``other:<product>``, on the day of its invoice.
    """
    since, until = window
    found: dict[int, dict[tuple, Posted]] = {}
    zones = {one.id: one.calendar.zone for one in subscriptions if one.calendar}
    for order_id, line in posted_lines(env, zones):
        if since <= line.start < until:
            known = found.setdefault(order_id, {})
            before = known.setdefault((line.item, line.start), line)
            if before is not line:
                before.amount += line.amount
                before.refs += [ref for ref in line.refs if ref not in before.refs]
    return found


def posted_lines(env, zones: dict[int, str]):
    """Yield order id and ``Posted`` of each line of a posted invoice or credit note.

    Args:
        env: Superuser environment.
        zones: Zone of each order, by its id.
    """
    if not zones:
        return
    env["account.move"].flush_model()
    env["account.move.line"].flush_model()
    query = SQL(
        """
        SELECT ordered.order_id, ordered.x_fc_item, metric.code, rating.units::text,
               rating.id IS NOT NULL,
               ordered.product_id = plan.flat_product_id,
               COALESCE(product.default_code, line.name, ''),
               COALESCE(rating.period_start, line.x_fc_period_start),
               COALESCE(rating.period_end, line.x_fc_period_end),
               line.quantity::text, move.invoice_date, move.name, currency.name,
               (CASE move.move_type WHEN 'out_refund' THEN -line.price_subtotal
                ELSE line.price_subtotal END)::text,
               ARRAY(SELECT tax.account_tax_id FROM account_move_line_account_tax_rel tax
                     WHERE tax.account_move_line_id = line.id ORDER BY 1)
        FROM account_move_line line
        JOIN account_move move ON move.id = line.move_id
        JOIN sale_order_line_invoice_rel link ON link.invoice_line_id = line.id
        JOIN sale_order_line ordered ON ordered.id = link.order_line_id
        JOIN sale_order so ON so.id = ordered.order_id
        JOIN res_currency currency ON currency.id = line.currency_id
        LEFT JOIN product_product product ON product.id = line.product_id
        LEFT JOIN fusion_billing_rating rating ON rating.order_line_id = ordered.id
        LEFT JOIN fusion_billing_metric metric ON metric.id = rating.metric_id
        LEFT JOIN fusion_billing_plan plan
            ON plan.service_id = so.x_fc_service_id
            AND plan.external_id = so.x_fc_nexacloud_plan_id
        WHERE ordered.order_id = ANY(%s) AND line.display_type = 'product'
            AND move.state = 'posted' AND move.move_type IN ('out_invoice', 'out_refund')
        ORDER BY line.id
        """,
        list(zones),
    )
    for (
        order_id,
        recurring,
        metric,
        units,
        rated,
        flat,
        product,
        start,
        end,
        quantity,
        day,
        name,
        currency,
        amount,
        taxes,
    ) in env.execute_query(query):
        if metric:
            item, units = f"usage:{metric}", Decimal(units)
        elif rated:
            item, units = MINIMUM, None
        elif recurring and start:
            item, units = recurring, Decimal(quantity)
        elif flat and start:
            item, units = "flat", Decimal(quantity)
        else:
            item, units = f"other:{product}", Decimal(quantity)
            start = midnight(day, zones[order_id])
            end = midnight(day + timedelta(days=1), zones[order_id])
        found = Posted(item, start, end, units, Decimal(amount), currency, [name], tuple(taxes))
        yield order_id, found
