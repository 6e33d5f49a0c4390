"""Events: taken in as they come, each id once, in one statement for a whole batch."""

import json
from collections import namedtuple

from odoo.tools import SQL

from ..call import Call
from ..errors import MANDATORY, TAKEN, InvalidError, NotFoundError
from ..finding import find_subscription
from ..inputs import Choice, Free, Listing, Moment, Shape, Text, Timestamp
from ..objects import EVENT, all_of, list_of
from ..paging import page_of
from ..routing import route
from ..transactions import read_committed

MOST_EVENTS = 100
VALUES = Shape(
    {
        "transaction_id": Text(),
        "external_subscription_id": Text(200),
        "code": Text(),
        "timestamp": Timestamp(),
        "properties": Free(20_000),
        "precise_total_amount_cents": Text(40),
    },
    mandatory=("transaction_id", "external_subscription_id", "code"),
)


class _MomentOrTimestamp:
    """An ISO time, as Lago's documentation says, or seconds, as events have them."""

    def read(self, value):
        """Return the moment in UTC without a zone."""
        try:
            return Timestamp().read(value)
        except InvalidError:
            return Moment().read(value)

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"anyOf": [Moment().schema(), Timestamp().schema()]}


MOMENT = _MomentOrTimestamp()


@route("POST", "/events", EVENT.one, body=VALUES)
def create(call: Call) -> dict:
    """Send an event."""
    event = call.body()
    stored = _store(call, [event])
    if not stored:
        raise InvalidError({"transaction_id": [TAKEN]})
    return EVENT.answer(stored[0])


@route(
    "POST",
    "/events/batch",
    all_of({"events": list_of(EVENT.ref)}),
    body=Listing(VALUES, MOST_EVENTS),
)
def create_batch(call: Call) -> dict:
    """Send up to 100 events: all are taken, or none."""
    events = call.listing()
    if not events:
        raise InvalidError({"events": ["no_events"]})
    if len(events) > MOST_EVENTS:
        raise InvalidError({"events": ["too_many_events"]})
    values = _read(events)
    stored = {
        (one.external_subscription_id, one.transaction_id): one for one in _store(call, values)
    }
    keys = [_key(one) for one in values]
    faults = {
        str(at): {"transaction_id": [TAKEN]} for at, key in enumerate(keys) if key not in stored
    }
    if faults:
        raise InvalidError(faults)
    return {"events": [EVENT.show(stored[key]) for key in keys]}


@route("GET", "/events/{transaction_id}", EVENT.one)
def find(call: Call) -> dict:
    """Find an event."""
    found = _select(call, SQL("transaction_id = %s", _plain(call.path["transaction_id"])), 1, 0)
    if not found:
        raise NotFoundError("event")
    return EVENT.answer(found[0])


@route(
    "GET",
    "/events",
    EVENT.page,
    query={
        "code": Text(),
        "external_subscription_id": Text(200),
        "timestamp_from": MOMENT,
        "timestamp_to": MOMENT,
        "timestamp_from_started_at": Choice(("true", "false")),
    },
    faults=(404,),
)
def list_(call: Call) -> dict:
    """List events."""
    page = page_of(call.query)
    wanted = call.wanted()
    conditions = [
        SQL("%s = %s", SQL.identifier(name), wanted[name])
        for name in ("code", "external_subscription_id")
        if name in wanted
    ]
    if "timestamp_from" in wanted:
        conditions.append(SQL("occurred_at >= %s", wanted["timestamp_from"]))
    if wanted.get("timestamp_from_started_at") == "true":
        conditions.append(SQL("occurred_at >= %s", _started_at(call, wanted)))
    if "timestamp_to" in wanted:
        conditions.append(SQL("occurred_at <= %s", wanted["timestamp_to"]))
    where = SQL(" AND ").join(conditions) if conditions else SQL("true")
    query = SQL(
        "SELECT count(*) FROM fusion_billing_event WHERE service_id = %s AND %s",
        call.service.id,
        where,
    )
    ((total,),) = call.env.execute_query(query)
    events = _select(call, where, page.size, page.offset)
    return {"events": [EVENT.show(event) for event in events], "meta": page.meta(total)}


def _started_at(call: Call, wanted: dict):
    """Return the moment at which the subscription that is asked about began.

    Raises:
        InvalidError: None is named.
    """
    if "external_subscription_id" not in wanted:
        raise InvalidError({"external_subscription_id": [MANDATORY]})
    order = find_subscription(call, wanted["external_subscription_id"], "active", "terminated")
    return order.x_fc_subscribed_at or order.start_date


def _read(events: list) -> list[dict]:
    """Return the values of each event.

    Raises:
        InvalidError: One cannot be taken, or its id is there twice; by index.
    """
    values, faults, seen = [], {}, set()
    for index, event in enumerate(events):
        try:
            one = VALUES.read(event)
        except InvalidError as fault:
            faults[str(index)] = fault.body["error_details"]
            continue
        if _key(one) in seen:
            faults[str(index)] = {"transaction_id": [TAKEN]}
        seen.add(_key(one))
        values.append(one)
    if faults:
        raise InvalidError(faults)
    return values


def _key(event: dict) -> tuple:
    return event["external_subscription_id"], event["transaction_id"]


def _store(call: Call, events: list[dict]) -> list:
    """Store events and return those that are new.

    They are sorted, so that two batches with the same ids never wait for each other in a ring.
    """
    rows = [
        {
            "external_subscription_id": event["external_subscription_id"],
            "code": event["code"],
            "transaction_id": event["transaction_id"],
            "occurred_at": str(event["timestamp"]) if event.get("timestamp") else None,
            "properties": event.get("properties") or {},
        }
        for event in sorted(events, key=_key)
    ]
    # The key was looked up in a snapshot; from here on this sees what others commit.
    call.env.cr.commit()
    read_committed(call.env.cr)
    return insert_events(call.env, call.service, rows)


def insert_events(env, service, rows: list[dict]) -> list:
    """Insert events whose ids are new; return these as rows of the table."""
    env.cr.execute(
        SQL(
            """
            INSERT INTO fusion_billing_event (
                service_id, external_subscription_id, code, transaction_id, occurred_at,
                properties, created_at
            )
            SELECT %(service)s, external_subscription_id, code, transaction_id,
                COALESCE(occurred_at, date_trunc('milliseconds', now() AT TIME ZONE 'UTC')),
                properties, now() AT TIME ZONE 'UTC'
            FROM json_to_recordset(%(rows)s) AS event (
                external_subscription_id text, code text, transaction_id text,
                occurred_at timestamp, properties jsonb
            )
            ON CONFLICT DO NOTHING
            RETURNING %(columns)s
            """,
            service=service.id,
            rows=json.dumps(rows),
            columns=_COLUMNS,
        )
    )
    return [EventRow(*row) for row in env.cr.fetchall()]


_NAMES = (
    "id",
    "external_subscription_id",
    "code",
    "transaction_id",
    "occurred_at",
    "properties",
    "created_at",
)
_COLUMNS = SQL(", ").join(map(SQL.identifier, _NAMES))
EventRow = namedtuple("EventRow", _NAMES)


def _select(call: Call, where: SQL, limit: int, offset: int) -> list:
    query = SQL(
        """
        SELECT %s FROM fusion_billing_event WHERE service_id = %s AND %s
        ORDER BY occurred_at DESC, id DESC LIMIT %s OFFSET %s
        """,
        _COLUMNS,
        call.service.id,
        where,
        limit,
        offset,
    )
    return [EventRow(*row) for row in call.env.execute_query(query)]


def _plain(text: str) -> str:
    return text.replace("\0", "")
