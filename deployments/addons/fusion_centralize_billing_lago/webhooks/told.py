"""What an app was last told of records: read and kept with plain SQL, many at a time."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date

from odoo.tools import SQL


@dataclass(frozen=True, slots=True)
class Told:
    """The last state told of a record; nothing was told of a new one."""

    status: str | None = None
    digest: str | None = None
    overdue_since: date | None = None

    def now(self, **changes):
        """Return it with changes."""
        return replace(self, **changes)


def read(records, service) -> dict[int, Told]:
    """Return what was told of each record, by id; records without are left out."""
    if not records:
        return {}
    rows = records.env.execute_query(
        SQL(
            "SELECT record_id, status, digest, overdue_since FROM fusion_billing_webhook_told "
            "WHERE model = %s AND service_id = %s AND record_id IN %s",
            records._name,
            service.id,
            tuple(records.ids),
        )
    )
    return {record_id: Told(*state) for record_id, *state in rows}


def last(record, service) -> Told:
    """Return what was told of one record."""
    return read(record, service).get(record.id, Told())


def news(record, service, before: Told | None = None, **now) -> Told | None:
    """Keep how a record is now.

    Args:
        record: The record.
        service: That is told of it.
        before: What was told of it, if that is known already.
        now: What of it is otherwise, perhaps.

    Returns:
        What was told before; None if it is the same.
    """
    before = before or last(record, service)
    if before.now(**now) == before:
        return None
    keep(record, service, before.now(**now))
    return before


def keep(record, service, told: Told) -> None:
    """Keep what is told of a record by now.

    Two transactions that tell of the same record meet here: the later one is replayed by
    Odoo, and then finds what the first one told.
    """
    record.env.cr.execute(
        SQL(
            """
            INSERT INTO fusion_billing_webhook_told
                (service_id, model, record_id, status, digest, overdue_since)
            VALUES (%s, %s, %s, %s, %s, %s)
            ON CONFLICT (model, record_id, service_id) DO UPDATE SET
                status = EXCLUDED.status, digest = EXCLUDED.digest,
                overdue_since = EXCLUDED.overdue_since
            """,
            service.id,
            record._name,
            record.id,
            told.status,
            told.digest,
            told.overdue_since,
        )
    )


def digest_of(content: dict, *, without=()) -> str:
    """Return a digest of an object of the API, less the parts that change by themselves."""
    kept = {name: value for name, value in content.items() if name not in without}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:32]
