"""Fees: what invoices charge line by line, and rated usage of periods that are over."""

from odoo import fields
from odoo.tools import SQL

from ..call import Call
from ..errors import NotFoundError
from ..finding import any_link, subscriptions_named
from ..inputs import Choice, Text
from ..lago_id import record_id_of
from ..objects import FEE, LineFee, RatingFee
from ..paging import page_of
from ..routing import route

RATING, LINE = "fusion.billing.rating", "account.move.line"


@route(
    "GET",
    "/fees",
    FEE.page,
    query={
        "external_subscription_id": Text(200),
        "external_customer_id": Text(200),
        "fee_type": Choice(("charge", "subscription", "add_on")),
        "billable_metric_code": Text(),
        "currency": Text(3),
    },
    paged=True,
    faults=(422,),
)
def list_(call: Call) -> dict:
    """List fees: lines of invoices, and rated usage of periods that are over."""
    page = page_of(call.query)
    wanted = call.wanted()
    conditions = [SQL("true")]
    if "external_subscription_id" in wanted:
        orders = subscriptions_named(call, wanted["external_subscription_id"])
        conditions.append(SQL("order_id = ANY(%s)", orders.ids))
    if "external_customer_id" in wanted:
        link = any_link(call, wanted["external_customer_id"])
        conditions.append(SQL("link_id = %s", link.id or 0))
    if "fee_type" in wanted:
        conditions.append(SQL("kind = %s", wanted["fee_type"]))
    if "billable_metric_code" in wanted:
        conditions.append(SQL("metric = %s", wanted["billable_metric_code"]))
    if "currency" in wanted:
        conditions.append(SQL("currency = %s", wanted["currency"].upper()))
    where = SQL(" AND ").join(conditions)
    count = SQL("SELECT count(*) FROM (%s) AS fee WHERE %s", _fees(call), where)
    ((total,),) = call.env.execute_query(count)
    found = _select(call, where, page.size, page.offset)
    return {"fees": [_show(call, *row) for row in found], "meta": page.meta(total)}


@route("GET", "/fees/{lago_id}", FEE.one, faults=(404,))
def find(call: Call) -> dict:
    """Find a fee."""
    for model in (RATING, LINE):
        record_id = record_id_of(model, call.path["lago_id"])
        if record_id:
            found = _select(call, SQL("model = %s AND id = %s", model, record_id), 1, 0)
            if found:
                return {"fee": _show(call, *found[0])}
    raise NotFoundError("fee")


def _show(call: Call, model: str, record_id: int) -> dict:
    record = call.env[model].browse(record_id)
    return FEE.show(RatingFee(record) if model == RATING else LineFee(record, call.service))


def _select(call: Call, where: SQL, limit: int, offset: int) -> list[tuple]:
    call.env.flush_all()
    query = SQL(
        "SELECT model, id FROM (%s) AS fee WHERE %s ORDER BY made, model, id LIMIT %s OFFSET %s",
        _fees(call),
        where,
        limit,
        offset,
    )
    return call.env.execute_query(query)


def _fees(call: Call) -> SQL:
    """Return the fees of the service as something to select from.

    A rating that is billed has a line of an order, and later one of an invoice: it is told
    once, as a rating.
    """
    return SQL(
        """
        SELECT %(rating)s AS model, rating.id, rating.create_date AS made, 'charge' AS kind,
            so.id AS order_id, so.x_fc_account_link_id AS link_id, metric.code AS metric,
            currency.name AS currency
        FROM fusion_billing_rating rating
        JOIN sale_order so ON so.id = rating.subscription_id
        JOIN fusion_billing_metric metric ON metric.id = rating.metric_id
        JOIN res_currency currency ON currency.id = rating.currency_id
        WHERE rating.service_id = %(service)s AND rating.period_end <= %(now)s
        UNION ALL
        SELECT DISTINCT ON (line.id) %(line)s, line.id, line.create_date,
            CASE WHEN line.product_id = plan.flat_product_id THEN 'subscription'
                ELSE 'add_on' END,
            so.id, so.x_fc_account_link_id, NULL, currency.name
        FROM account_move_line line
        JOIN account_move move ON move.id = line.move_id AND move.move_type = 'out_invoice'
        JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = line.id
        JOIN sale_order_line sol ON sol.id = rel.order_line_id
        JOIN sale_order so ON so.id = sol.order_id
        JOIN res_currency currency ON currency.id = line.currency_id
        LEFT JOIN fusion_billing_plan plan ON plan.service_id = so.x_fc_service_id
            AND plan.external_id = so.x_fc_nexacloud_plan_id
        WHERE so.x_fc_service_id = %(service)s AND line.display_type = 'product'
            AND NOT EXISTS (
                SELECT FROM fusion_billing_rating rating WHERE rating.order_line_id = sol.id
            )
        """,
        rating=RATING,
        line=LINE,
        service=call.service.id,
        now=fields.Datetime.now(),
    )
