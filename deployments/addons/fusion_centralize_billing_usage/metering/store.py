"""Usage in the database: a batch is compared and written with one statement for each step.

The rows travel as one JSON text, which PostgreSQL turns into exact numerics. The ORM would
take a third of a millisecond and several objects for each row, and would make floats of them.
"""

from dataclasses import dataclass

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.loader.writing import (
    execute_for,
    json_table,
    listed,
)

from .batch import UsageRow

_COLUMNS = {
    "subscription_id": "int",
    "metric_id": "int",
    "period_start": "timestamp",
    "period_end": "timestamp",
    "billing_start": "timestamp",
    "billing_end": "timestamp",
    "quantity": "numeric",
    "idempotency_key": "text",
}
_KEY = SQL(
    "usage.subscription_id = sent.subscription_id AND usage.metric_id = sent.metric_id "
    "AND usage.period_start = sent.period_start AND usage.idempotency_key = sent.idempotency_key"
)


@dataclass(frozen=True, slots=True)
class Change:
    """What is stored of a row that is new or different.

    Attributes:
        usage_id: None if the row is new.
        quantity: The stored quantity as text; None if the row is new.
        other_period: The key is stored with another end of its period.
        same_quantity: Only the billing period that it belongs to is another.
        rating_state: "billed" if some of its time is, else "preview" if that was rated, or
            None. By its time, because the subscription's periods may have moved since.
    """

    usage_id: int | None
    quantity: str | None
    other_period: bool | None
    same_quantity: bool | None
    rating_state: str | None


def find_changes(env, rows: list[UsageRow]) -> dict[int, Change]:
    """Return the rows that are not stored just so, by their index in the batch."""
    query = SQL(
        """
        SELECT sent.ix, usage.id, trim_scale(usage.quantity)::text,
               usage.period_end <> sent.period_end, usage.quantity = sent.quantity,
               (
                   SELECT min(rating.state) FROM fusion_billing_rating rating
                   WHERE rating.subscription_id = sent.subscription_id
                       AND rating.metric_id = sent.metric_id
                       AND rating.period_start < sent.period_end
                       AND rating.period_end > sent.period_start
               )
        FROM %(rows)s
        LEFT JOIN fusion_billing_usage usage ON %(key)s
        WHERE usage.id IS NULL OR usage.quantity <> sent.quantity
            OR usage.period_end <> sent.period_end
            OR usage.billing_start <> sent.billing_start OR usage.billing_end <> sent.billing_end
        """,
        rows=_as_table(rows),
        key=_KEY,
    )
    return {index: Change(*stored) for index, *stored in env.execute_query(query)}


class UsageStore:
    """Writes the rows of one batch.

    Two batches with the same new rows end as one set: the later one gets a serialization
    failure from ``ON CONFLICT``, and Odoo replays it.

    Args:
        service: The ``fusion.billing.service``, in a superuser environment of its company.
        run_key: Key of the import run for the trail, or None.
    """

    def __init__(self, service, run_key: str | None) -> None:
        self.service = service
        runs = service.env["fusion.billing.import.run"]
        self.run_id = runs.search([("key", "=", run_key)]).id if run_key else None

    def insert(self, rows: list[UsageRow]) -> None:
        """Store new rows."""
        self._execute(
            """
            INSERT INTO fusion_billing_usage (
                service_id, company_id, create_uid, write_uid, create_date, write_date, %(columns)s
            )
            SELECT %(service)s, %(company)s, %(user)s, %(user)s, %(now)s, %(now)s, %(columns)s
            FROM %(rows)s
            ON CONFLICT DO NOTHING
            """,
            rows,
            columns=listed(_COLUMNS),
        )

    def correct(self, corrected: list[tuple[UsageRow, Change]]) -> None:
        """Replace quantities and billing periods; note on the trail what quantities were."""
        rows = [row for row, _stored in corrected]
        self._execute(
            """
            UPDATE fusion_billing_usage usage
            SET quantity = sent.quantity, billing_start = sent.billing_start,
                billing_end = sent.billing_end, write_uid = %(user)s, write_date = %(now)s
            FROM %(rows)s WHERE %(key)s
            """,
            rows,
        )
        old = {row.index: stored.quantity for row, stored in corrected if not stored.same_quantity}
        self._note("correction", [row for row in rows if row.index in old], old)

    def note_late(self, rows: list[UsageRow]) -> None:
        """Note on the trail that stored rows came after their period had been rated."""
        self._note("late", rows, {})

    def _note(self, kind: str, rows: list[UsageRow], old: dict[int, str]) -> None:
        self._execute(
            """
            INSERT INTO fusion_billing_usage_correction (
                usage_id, company_id, kind, old_quantity, new_quantity, run_id,
                create_uid, write_uid, create_date, write_date
            )
            SELECT usage.id, %(company)s, %(kind)s, sent.old_quantity, sent.quantity,
                %(run)s, %(user)s, %(user)s, %(now)s, %(now)s
            FROM %(rows)s JOIN fusion_billing_usage usage ON %(key)s
            """,
            rows,
            old,
            kind=kind,
            run=self.run_id or None,
        )

    def _execute(self, statement: str, rows: list[UsageRow], old=None, **parts) -> None:
        """Write rows, if there are any, with their former quantities by their index."""
        if not rows:
            return
        execute_for(self.service, statement, rows=_as_table(rows, old), key=_KEY, **parts)
        for name in ("fusion.billing.usage", "fusion.billing.usage.correction"):
            self.service.env[name].invalidate_model()


def _as_table(rows: list[UsageRow], old: dict[int, str] | None = None) -> SQL:
    """Return the rows as something to select from, named ``sent``."""
    cells = [
        {
            "ix": row.index,
            "subscription_id": row.subscription_id,
            "metric_id": row.metric_id,
            "period_start": row.period_start,
            "period_end": row.period_end,
            "billing_start": row.billing[0],
            "billing_end": row.billing[1],
            "quantity": row.quantity,
            "idempotency_key": row.key,
            "old_quantity": old.get(row.index) if old else None,
        }
        for row in rows
    ]
    return json_table("sent", {"ix": "int", **_COLUMNS, "old_quantity": "numeric"}, cells)
