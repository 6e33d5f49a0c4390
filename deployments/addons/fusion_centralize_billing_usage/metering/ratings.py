"""The rating run: stores what a page costs, and puts on live orders what is due."""

from collections import Counter
from dataclasses import dataclass

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.loader.row import CREATED, FAILED, UNCHANGED, UPDATED
from odoo.addons.fusion_centralize_billing.loader.writing import (
    execute_for,
    json_table,
    listed,
    set_from,
)
from odoo.addons.fusion_centralize_billing.rating.numbers import plain

from .order_lines import OrderLines
from .rated import Page, RatedLine
from .turns import touch

BILLED = "billed"

_KEY = {"subscription_id": "int", "metric_id": "int", "period_start": "timestamp"}
_VALUES = {
    "charge_id": "int",
    "period_end": "timestamp",
    "units": "numeric",
    "included": "numeric",
    "overage_units": "numeric",
    "amount": "numeric",
    "flat": "numeric",
    "currency_id": "int",
    "explanation": "text",
}
_COLUMNS = {**_KEY, **_VALUES}


@dataclass(frozen=True, slots=True)
class _Stored:
    """A rating as it is; ``values`` are those of ``_VALUES``, numbers as decimal texts.

    ``events`` is the code of the events that its metric counts, None of a plan's minimum.
    """

    id: int
    billed: bool
    events: str | None
    values: tuple


def store_page(env, service, page: Page) -> dict:
    """Store the ratings of a page and bill what is due; return counts and what failed.

    A billed rating is left alone; a preview is rated anew, and written only if it is another
    than before. Whatever is billed is billed in this transaction, together with its order
    line, so a run that dies leaves neither.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        page: Rated just now, in this transaction.
    """
    stored = _stored(env, page)
    lines = _open([*page.lines, *page.commitments], stored)
    rated = {
        _key(line): line
        for line in lines
        if not (found := stored.get(_key(line))) or not found.billed
    }
    due = [line for line in rated.values() if line.due]
    touch(env, sorted({line.subscription.id for line in due}))
    keys = {_key(line) for line in lines}
    _drop(env, [one.id for key, one in stored.items() if not one.billed and key not in keys])
    changed = [
        line
        for key, line in rated.items()
        if key not in stored or stored[key].values != _values(line)
    ]
    written = _upsert(service, changed)
    ids = _ids(env, due)
    bills = OrderLines(env).add([(ids[_key(line)], line) for line in due])
    _close(env, [bill for bill in bills if not bill.code])
    counts = Counter(CREATED if new else UPDATED for new in written)
    counts[UNCHANGED] = len(lines) - len(written)
    refused = [bill.answer() for bill in bills if bill.code]
    failed = [*page.failed, *refused]
    return {
        **{name: counts[name] for name in (CREATED, UPDATED, UNCHANGED)},
        BILLED: len(bills) - len(refused),
        FAILED: len(failed),
        "rows": failed,
    }


def _key(line: RatedLine) -> tuple:
    return (line.subscription.id, line.charge.metric_id.id or None, line.start)


def _open(lines: list[RatedLine], stored: dict[tuple, _Stored]) -> list[RatedLine]:
    """Return the lines without those of events that are billed already, in other parts.

    A charge may be split into parts of a metric's events, or made whole again. What was billed
    before is billed; a part that could not be billed then has its rating still.
    """
    billed = {(key[0], one.events, key[2]) for key, one in stored.items() if one.billed}
    return [
        line
        for line in lines
        if _key(line) in stored or (line.subscription.id, _events(line), line.start) not in billed
    ]


def _events(line: RatedLine) -> str | None:
    metric = line.charge.metric_id
    return metric.event_code or metric.code or None


def _stored(env, page: Page) -> dict[tuple, _Stored]:
    """Return the ratings that are there of the page's subscriptions and window."""
    query = SQL(
        """
        SELECT subscription_id, metric_id, period_start, rating.id, state = %(billed)s,
               COALESCE(metric.event_code, metric.code), charge_id,
               period_end, trim_scale(units)::text, trim_scale(included)::text,
               trim_scale(overage_units)::text, trim_scale(amount)::text,
               trim_scale(flat)::text, currency_id, explanation
        FROM fusion_billing_rating rating
        LEFT JOIN fusion_billing_metric metric ON metric.id = rating.metric_id
        WHERE subscription_id = ANY(%(subscriptions)s)
            AND period_start >= %(since)s AND period_start < %(until)s
        """,
        billed=BILLED,
        subscriptions=page.subscription_ids,
        since=page.window[0],
        until=page.window[1],
    )
    return {
        (subscription_id, metric_id, start): _Stored(rating_id, billed, events, tuple(values))
        for subscription_id, metric_id, start, rating_id, billed, events, *values in (
            env.execute_query(query)
        )
    }


def _drop(env, previews: list[int]) -> None:
    """Delete previews that this run would not make: their charge or period is gone."""
    if previews:
        env.cr.execute(SQL("DELETE FROM fusion_billing_rating WHERE id = ANY(%s)", previews))
        env["fusion.billing.rating"].invalidate_model()


def _ids(env, lines: list[RatedLine]) -> dict[tuple, int]:
    if not lines:
        return {}
    query = SQL(
        """
        SELECT subscription_id, metric_id, period_start, id FROM fusion_billing_rating
        WHERE subscription_id = ANY(%s)
        """,
        list({line.subscription.id for line in lines}),
    )
    return {tuple(key): rating_id for *key, rating_id in env.execute_query(query)}


def _upsert(service, lines: list[RatedLine]) -> list[bool]:
    """Write what is new or different; return for each of those whether it is new."""
    if not lines:
        return []
    cells = [dict(zip(_COLUMNS, (*_key(line), *_values(line)), strict=True)) for line in lines]
    rows = execute_for(
        service,
        """
        INSERT INTO fusion_billing_rating AS rating (
            service_id, company_id, create_uid, write_uid, create_date, write_date, state,
            %(columns)s
        )
        SELECT %(service)s, %(company)s, %(user)s, %(user)s, %(now)s, %(now)s, 'preview',
            %(columns)s
        FROM %(lines)s
        ON CONFLICT (subscription_id, COALESCE(metric_id, 0), period_start) DO UPDATE SET
            write_uid = excluded.write_uid, write_date = excluded.write_date, %(updates)s
        WHERE rating.state = 'preview' AND (%(old)s) IS DISTINCT FROM (%(new)s)
        RETURNING xmax = 0
        """,
        columns=listed(_COLUMNS),
        updates=set_from("excluded", _VALUES),
        old=listed(_VALUES, "rating"),
        new=listed(_VALUES, "excluded"),
        lines=json_table("line", _COLUMNS, cells),
    )
    service.env["fusion.billing.rating"].invalidate_model()
    return [new for (new,) in rows]


def _values(line: RatedLine) -> tuple:
    """Return the columns of ``_VALUES``; numbers are decimal texts."""
    return (
        line.charge.id,
        line.end,
        plain(line.units),
        plain(line.included),
        plain(line.overage_units),
        plain(line.amount),
        line.subscription.flat,
        line.charge.currency_id.id,
        line.explanation,
    )


def _close(env, bills: list) -> None:
    """Mark ratings as billed, each with its order line if it has one."""
    if not bills:
        return
    env.cr.execute(
        SQL(
            """
            UPDATE fusion_billing_rating rating
            SET state = 'billed', order_line_id = bill.line_id
            FROM %s WHERE rating.id = bill.rating_id
            """,
            json_table(
                "bill",
                {"rating_id": "int", "line_id": "int"},
                [{"rating_id": bill.rating_id, "line_id": bill.order_line_id} for bill in bills],
            ),
        )
    )
    env["fusion.billing.rating"].invalidate_model()
