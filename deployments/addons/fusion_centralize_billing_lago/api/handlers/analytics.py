"""Figures by month, of the service's posted invoices."""

from odoo.tools import SQL

from ..call import Call
from ..finding import any_link
from ..inputs import Text, Whole
from ..objects import (
    GROSS_REVENUE,
    INVOICE_COLLECTION,
    INVOICED_USAGE,
    MRR,
    OVERDUE_BALANCE,
    all_of,
    list_of,
)
from ..objects.payment import Month
from ..objects.values import PAID
from ..routing import route

QUERY = {"currency": Text(3), "months": Whole(1, 240)}
_COUNT, _NOTHING = SQL("count(DISTINCT move.id)"), SQL("NULL::text")
OF_CUSTOMER = {**QUERY, "external_customer_id": Text(200)}


def _page(table) -> dict:
    return all_of({table.plural: list_of(table.ref)})


@route("GET", "/analytics/gross_revenue", _page(GROSS_REVENUE), query=OF_CUSTOMER)
def gross_revenue(call: Call) -> dict:
    """What was invoiced, with tax, by month."""
    return _answer(GROSS_REVENUE, _months(call, _COUNT, _NOTHING))


@route("GET", "/analytics/invoice_collection", _page(INVOICE_COLLECTION), query=QUERY)
def invoice_collection(call: Call) -> dict:
    """What was invoiced by month, paid and not."""
    paid = SQL("CASE WHEN move.payment_state IN %s THEN 'succeeded' ELSE 'pending' END", PAID)
    return _answer(INVOICE_COLLECTION, _months(call, _COUNT, paid))


@route("GET", "/analytics/overdue_balance", _page(OVERDUE_BALANCE), query=OF_CUSTOMER)
def overdue_balance(call: Call) -> dict:
    """What is overdue, by the month of its invoice."""
    late = SQL("move.payment_state NOT IN %s AND move.invoice_date_due < CURRENT_DATE", PAID)
    due = SQL(
        "CASE WHEN move.amount_total = 0 THEN 0 "
        "ELSE move.amount_residual * line.price_total / move.amount_total END"
    )
    rows = _months(call, SQL("array_agg(DISTINCT move.id)"), _NOTHING, late, due)
    return _answer(OVERDUE_BALANCE, rows)


@route("GET", "/analytics/invoiced_usage", _page(INVOICED_USAGE), query=QUERY)
def invoiced_usage(call: Call) -> dict:
    """What usage was charged, by metric and month."""
    query = SQL(
        """
        SELECT date_trunc('month', rating.period_start)::date, NULL,
            COALESCE(metric.event_code, metric.code), sum(rating.amount), rating.currency_id
        FROM fusion_billing_rating rating
        JOIN fusion_billing_metric metric ON metric.id = rating.metric_id
        WHERE rating.service_id = %s AND rating.state = 'billed' AND %s AND %s
        GROUP BY 1, 3, 5 ORDER BY 1, 3, 5
        """,
        call.service.id,
        _since(call, SQL("rating.period_start")),
        _in_currency(call, SQL("rating.currency_id")),
    )
    return _answer(INVOICED_USAGE, _found(call, query))


@route("GET", "/analytics/mrr", _page(MRR), query=QUERY)
def mrr(call: Call) -> dict:
    """What recurring prices were invoiced, by month."""
    flat = SQL("line.x_fc_period_start IS NOT NULL")
    return _answer(MRR, _months(call, SQL("1"), _NOTHING, flat, SQL("line.price_subtotal")))


def _answer(table, rows: list[Month]) -> dict:
    return {table.plural: [table.show(row) for row in rows]}


def _in_currency(call: Call, column: SQL) -> SQL:
    wanted = call.wanted().get("currency")
    if not wanted:
        return SQL("true")
    code = SQL("SELECT id FROM res_currency WHERE name = %s", wanted.upper())
    return SQL("%s IN (%s)", column, code)


def _since(call: Call, column: SQL) -> SQL:
    months = call.wanted().get("months")
    if not months:
        return SQL("true")
    return SQL(
        "%s >= date_trunc('month', CURRENT_DATE) - %s * INTERVAL '1 month'", column, months - 1
    )


def _months(
    call: Call, what: SQL, key: SQL, more: SQL | None = None, amount: SQL | None = None
) -> list[Month]:
    """Return figures of the service's posted invoices.

    Args:
        call: The request.
        what: An aggregate of a month's invoices.
        key: What months are split by.
        more: A further condition.
        amount: Of each line; None: with its tax.
    """
    wanted = call.wanted()
    conditions = [
        _since(call, SQL("move.invoice_date")),
        _in_currency(call, SQL("move.currency_id")),
        more or SQL("true"),
    ]
    if "external_customer_id" in wanted:
        link = any_link(call, wanted["external_customer_id"])
        conditions.append(
            SQL("COALESCE(so.x_fc_account_link_id, line.x_fc_link_id) = %s", link.id or 0)
        )
    query = SQL(
        """
        SELECT date_trunc('month', move.invoice_date)::date, %s, %s, sum(%s), move.currency_id
        FROM account_move_line line
        JOIN account_move move ON move.id = line.move_id
        LEFT JOIN LATERAL (
            SELECT so.x_fc_service_id, so.x_fc_account_link_id
            FROM sale_order_line_invoice_rel rel
            JOIN sale_order_line sol ON sol.id = rel.order_line_id
            JOIN sale_order so ON so.id = sol.order_id
            WHERE rel.invoice_line_id = line.id LIMIT 1
        ) so ON true
        LEFT JOIN fusion_billing_account_link link ON link.id = line.x_fc_link_id
        WHERE move.move_type = 'out_invoice' AND move.state = 'posted'
            AND line.display_type = 'product'
            AND %s IN (so.x_fc_service_id, link.service_id) AND %s
        GROUP BY 1, 3, 5 ORDER BY 1, 3, 5
        """,
        what,
        key,
        amount or SQL("line.price_total"),
        call.service.id,
        SQL(" AND ").join(conditions),
    )
    return _found(call, query)


def _found(call: Call, query: SQL) -> list[Month]:
    call.env.flush_all()
    currencies = call.env["res.currency"]
    return [
        Month(*row, currencies.browse(currency_id))
        for *row, currency_id in call.env.execute_query(query)
    ]
