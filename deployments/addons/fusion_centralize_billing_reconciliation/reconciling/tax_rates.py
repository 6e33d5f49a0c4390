"""The percentage of tax on the prices of an order."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.rating.numbers import plain


def tax_rates_of(env, order_ids: list[int]) -> dict[tuple[int, str], str]:
    """Return the sum of the percentages on each line of an order, by order id and item.

    Lines without a tax have "0". Taxes of other kinds than a percentage count nothing.
    """
    query = SQL(
        """
        SELECT line.order_id, COALESCE(line.x_fc_item, 'flat'),
               array_agg(DISTINCT tax.account_tax_id) FILTER (WHERE tax.account_tax_id > 0)
        FROM sale_order_line line
        LEFT JOIN account_tax_sale_order_line_rel tax ON tax.sale_order_line_id = line.id
        WHERE line.order_id = ANY(%s) AND line.display_type IS NULL
        GROUP BY line.order_id, line.x_fc_item
        """,
        order_ids,
    )
    percentages = percentages_of(env)
    return {
        (order_id, item): percentages(tuple(sorted(tax_ids or ())))
        for order_id, item, tax_ids in env.execute_query(query)
    }


def tax_rates_of_usage(env, lines: list) -> dict[tuple[int, str], str]:
    """Return the percentages of usage whose charge names its own taxes, as an invoice has them.

    Args:
        env: Superuser environment.
        lines: Rated lines; those whose charge names none are taxed like the order.
    """
    told = [line for line in lines if line.charge.taxes_told]
    orders = env["sale.order"].browse({line.subscription.id for line in told})
    exempt = set(orders.filtered("x_fc_account_link_id.tax_exempt").ids)
    known = {charge: percentage_of(charge.tax_ids) for charge in {line.charge for line in told}}
    return {
        (line.subscription.id, item): known[line.charge]
        for line in told
        if line.subscription.id not in exempt
        for item in _items(line)
    }


def _items(line) -> tuple[str, ...]:
    """Name what a rated line is in a ledger: a charge's minimum is an item of its own."""
    metric = line.charge.metric_id.code
    return (f"usage:{metric}", f"minimum:{metric}") if metric else (line.code,)


def percentages_of(env) -> Callable[[tuple[int, ...]], str]:
    """Return what adds up the percentages of taxes by their ids, once for each set of them."""
    return cache(lambda tax_ids: percentage_of(env["account.tax"].browse(tax_ids)))


def percentage_of(taxes) -> str:
    """Add up the percentages of taxes; other kinds count nothing."""
    total = Decimal(0)
    for tax in taxes.flatten_taxes_hierarchy():
        if tax.amount_type == "percent":
            total += Decimal(repr(tax.amount))
    return plain(total)
