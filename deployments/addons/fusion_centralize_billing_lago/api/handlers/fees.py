"""Fees: what invoices charge line by line, and rated usage of periods that are over."""

from odoo import fields
from odoo.tools import SQL

from ..call import Call
from ..errors import UNSUPPORTED, InvalidError, MethodNotAllowedError, NotFoundError
from ..finding import any_link, subscriptions_named
from ..inputs import Choice, Moment, Shape, Text
from ..lago_id import record_id_of
from ..objects import FEE, LineFee, fee_of_rating
from ..paging import page_of
from ..routing import route

RATING, LINE = "fusion.billing.rating", "account.move.line"


KINDS = ("charge", "fixed_charge", "add_on", "subscription", "credit", "commitment")
STATUS = Choice(("pending", "succeeded", "failed", "refunded"))
CHANGES = Shape({"payment_status": STATUS}, ("payment_status",))
_DATES = ("created_at", "succeeded_at", "failed_at", "refunded_at")


@route(
    "GET",
    "/fees",
    FEE.page,
    query={
        "external_subscription_id": Text(200),
        "external_customer_id": Text(200),
        "fee_type": Choice(KINDS),
        "billable_metric_code": Text(),
        "currency": Text(3),
        "payment_status": STATUS,
        "event_transaction_id": Text(),
        **{f"{name}_{end}": Moment() for name in _DATES for end in ("from", "to")},
    },
)
def list_(call: Call) -> dict:
    """List fees: lines of invoices, and rated usage of periods that are over."""
    page = page_of(call.query)
    where = SQL(" AND ").join(_conditions(call, call.wanted()))
    call.env.flush_all()
    count = SQL("SELECT count(*) FROM (%s) AS fee WHERE %s", _fees(call), where)
    ((total,),) = call.env.execute_query(count)
    found = _select(call, where, page.size, page.offset)
    return {"fees": [_show(call, *row) for row in found], "meta": page.meta(total)}


def _conditions(call: Call, wanted: dict) -> list:
    conditions = [SQL("true")]
    if "external_subscription_id" in wanted:
        orders = subscriptions_named(call, wanted["external_subscription_id"])
        conditions.append(SQL("order_id = ANY(%s)", orders.ids))
    if "external_customer_id" in wanted:
        link = any_link(call, wanted["external_customer_id"])
        conditions.append(SQL("link_id = %s", link.id or 0))
    columns = {"fee_type": "kind", "billable_metric_code": "metric", "payment_status": "paid"}
    for name, column in columns.items():
        if name in wanted:
            conditions.append(SQL("%s = %s", SQL.identifier(column), wanted[name]))
    if "currency" in wanted:
        conditions.append(SQL("currency = %s", wanted["currency"].upper()))
    if "event_transaction_id" in wanted:
        # No fee is of a single event.
        conditions.append(SQL("false"))
    for name in _DATES:
        for end, operator in (("from", SQL(">=")), ("to", SQL("<="))):
            moment = wanted.get(f"{name}_{end}")
            if moment:
                conditions.append(SQL("%s %s %s", SQL.identifier(name), operator, moment))
    return conditions


@route("GET", "/fees/{lago_id}", FEE.one)
def find(call: Call) -> dict:
    """Find a fee."""
    for model in (RATING, LINE):
        record_id = record_id_of(model, call.path["lago_id"])
        if record_id:
            found = _select(call, SQL("model = %s AND id = %s", model, record_id), 1, 0)
            if found:
                return {"fee": _show(call, *found[0])}
    raise NotFoundError("fee")


@route("PUT", "/fees/{lago_id}", FEE.one, body=CHANGES)
def update(call: Call) -> dict:
    """Say whether a fee is paid: kept with its invoice, which Odoo's payments settle."""
    status = call.body()["payment_status"]
    line = line_of(call, call.path["lago_id"], None)
    if not line:
        find(call)
        # Odoo knows of what is not invoiced only what it costs.
        raise InvalidError({"payment_status": [UNSUPPORTED]})
    move = line.move_id
    told = move.x_fc_api_values or {}
    fees = {**(told.get("fees") or {}), call.path["lago_id"]: status}
    move.write({"x_fc_api_values": {**told, "fees": fees}})
    return find(call)


@route("DELETE", "/fees/{lago_id}", FEE.one, partly="never done", faults=(405,))
def destroy(call: Call) -> dict:
    """Refuse to delete a fee: it is on an invoice, or usage that will be."""
    find(call)
    raise MethodNotAllowedError("invoiced_fee")


def line_of(call: Call, text: str, lines):
    """Return the invoice's line of a fee, possibly empty.

    Args:
        call: The request.
        text: The fee's id.
        lines: Of which it has to be one; None: of any invoice of the service.
    """
    every = call.env[LINE]
    record_id = record_id_of(RATING, text)
    if record_id:
        rating = call.env[RATING].search(
            [("id", "=", record_id), ("service_id", "=", call.service.id)]
        )
        every = rating.order_line_id.invoice_lines.filtered(
            lambda line: line.parent_state != "cancel"
        )
    else:
        record_id = record_id_of(LINE, text)
        found = record_id and _select(
            call, SQL("model = %s AND id = %s", LINE, record_id), limit=1, offset=0
        )
        every = every.browse(record_id) if found else every
    return (every if lines is None else every & lines)[:1]


def _show(call: Call, model: str, record_id: int) -> dict:
    record = call.env[model].browse(record_id)
    return FEE.show(fee_of_rating(record) if model == RATING else LineFee(record, call.service))


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
        SELECT %(rating)s AS model, rating.id, rating.create_date AS made,
            CASE WHEN rating.metric_id IS NULL THEN 'commitment' ELSE 'charge' END AS kind,
            so.id AS order_id, so.x_fc_account_link_id AS link_id,
            COALESCE(metric.event_code, metric.code) AS metric,
            currency.name AS currency, rating.create_date AS created_at,
            COALESCE(billed.paid, 'pending') AS paid, billed.paid_at AS succeeded_at,
            NULL::timestamp AS failed_at, NULL::timestamp AS refunded_at
        FROM fusion_billing_rating rating
        JOIN sale_order so ON so.id = rating.subscription_id
        LEFT JOIN fusion_billing_metric metric ON metric.id = rating.metric_id
        JOIN res_currency currency ON currency.id = rating.currency_id
        LEFT JOIN LATERAL (
            SELECT CASE WHEN move.payment_state IN ('paid', 'in_payment') THEN 'succeeded'
                    ELSE 'pending' END AS paid,
                CASE WHEN move.payment_state IN ('paid', 'in_payment') THEN move.write_date END
                    AS paid_at
            FROM sale_order_line_invoice_rel rel
            JOIN account_move_line line ON line.id = rel.invoice_line_id
            JOIN account_move move ON move.id = line.move_id AND move.state != 'cancel'
            WHERE rel.order_line_id = rating.order_line_id
            ORDER BY move.id DESC LIMIT 1
        ) billed ON true
        WHERE rating.service_id = %(service)s
            AND (rating.period_end <= %(now)s OR rating.order_line_id IS NOT NULL)
            -- A minimum that was reached is no fee.
            AND (rating.metric_id IS NOT NULL OR rating.order_line_id IS NOT NULL)
            -- What was over before its service told of it is nobody's debt.
            AND (
                rating.state = 'preview' AND so.x_fc_shadow IS NOT TRUE
                AND rating.period_end < so.x_fc_usage_from + INTERVAL '1 day'
            ) IS NOT TRUE
        UNION ALL
        SELECT DISTINCT ON (line.id) %(line)s, line.id, line.create_date,
            CASE WHEN line.x_fc_add_on_id IS NOT NULL THEN 'add_on'
                WHEN move.x_fc_kind = 'credit' THEN 'credit'
                WHEN sol.x_fc_kind = 'fixed_charge' THEN 'fixed_charge'
                WHEN line.product_id = plan.flat_product_id THEN 'subscription'
                ELSE 'add_on' END,
            so.id, COALESCE(so.x_fc_account_link_id, line.x_fc_link_id), NULL, currency.name,
            line.create_date,
            CASE WHEN move.payment_state IN ('paid', 'in_payment') THEN 'succeeded'
                ELSE 'pending' END,
            CASE WHEN move.payment_state IN ('paid', 'in_payment') THEN move.write_date END,
            NULL::timestamp, NULL::timestamp
        FROM account_move_line line
        JOIN account_move move ON move.id = line.move_id AND move.move_type = 'out_invoice'
        JOIN res_currency currency ON currency.id = line.currency_id
        LEFT JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = line.id
        LEFT JOIN sale_order_line sol ON sol.id = rel.order_line_id
        LEFT JOIN sale_order so ON so.id = sol.order_id
        LEFT JOIN fusion_billing_account_link link ON link.id = line.x_fc_link_id
        LEFT JOIN fusion_billing_plan plan ON plan.service_id = so.x_fc_service_id
            AND plan.external_id = so.x_fc_nexacloud_plan_id
        WHERE %(service)s IN (so.x_fc_service_id, link.service_id)
            AND line.display_type = 'product' AND line.x_fc_applied_coupon_id IS NULL
            AND COALESCE(sol.x_fc_kind, '') != 'discount'
            AND NOT EXISTS (
                SELECT FROM fusion_billing_rating rating WHERE rating.order_line_id = sol.id
            )
        """,
        rating=RATING,
        line=LINE,
        service=call.service.id,
        now=fields.Datetime.now(),
    )
