"""Reconciliation lines in the database: one statement for each step of a batch.

The lines travel as one JSON text, which PostgreSQL turns into exact numerics.
"""

from collections.abc import Sequence

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.loader.writing import (
    execute_for,
    json_table,
    listed,
    set_from,
)

from .batch import Final, Line
from .causes import UNEXPLAINED

_COLUMNS = {
    "line_key": "text",
    "customer": "text",
    "subscription": "text",
    "partner_id": "int",
    "subscription_id": "int",
    "item": "text",
    "period": "date",
    "period_start": "timestamp",
    "period_end": "timestamp",
    "odoo_amount": "numeric",
    "external_amount": "numeric",
    "expected_amount": "numeric",
    "expected_known": "boolean",
    "delta": "numeric",
    "external_tax_rate": "text",
    "odoo_tax_rate": "text",
    "currency_id": "int",
    "outcome": "text",
    "wrong_side": "text",
    "cause": "text",
    "cause_name": "text",
    "evidence": "text",
    "ref": "text",
    "origin": "text",
    "status": "text",
}


class LineStore:
    """Reads and writes the lines of one service for one run.

    Two batches with the same new lines end as one set: the later one breaks the lines' unique
    key, and Odoo replays it.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        run_key: Key of the reconciliation run; it is created with the service's first batch.
    """

    def __init__(self, env, service, run_key: str) -> None:
        self.env = env
        self.service = service
        runs = env["fusion.billing.reconciliation.run"]
        self.run = runs.search(
            [("key", "=", run_key), ("service_id", "=", service.id)]
        ) or runs.create({"key": run_key, "service_id": service.id})
        env.flush_all()

    def contacts(self, customers: set[str]) -> dict[str, int]:
        """Return the contact of each account."""
        query = SQL(
            """
            SELECT external_id, partner_id FROM fusion_billing_account_link
            WHERE service_id = %s AND external_id = ANY(%s)
            """,
            self.service.id,
            list(customers),
        )
        return dict(self.env.execute_query(query))

    def known(self, keys: list[str], names: Sequence[str]) -> dict[str, dict]:
        """Return of the stored lines among these keys ``id``, ``status`` and what is named.

        Amounts are decimal texts, None where nothing was expected.
        """
        columns = (
            SQL("%s::text" if _COLUMNS[name] == "numeric" else "%s", SQL.identifier(name))
            for name in names
        )
        query = SQL(
            """
            SELECT line_key, id, status, %s
            FROM fusion_billing_reconciliation WHERE service_id = %s AND line_key = ANY(%s)
            """,
            SQL(", ").join(columns),
            self.service.id,
            keys,
        )
        return {
            key: dict(zip(("id", "status", *names), stored, strict=True))
            for key, *stored in self.env.execute_query(query)
        }

    def insert(self, lines: list[Line]) -> None:
        """Store new lines."""
        if lines:
            self._execute(
                """
                INSERT INTO fusion_billing_reconciliation (
                    service_id, company_id, run_id, create_uid, write_uid, create_date,
                    write_date, %(names)s
                )
                SELECT %(service)s, %(company)s, %(run)s, %(user)s, %(user)s, %(now)s, %(now)s,
                    %(names)s
                FROM %(lines)s
                """,
                lines=_as_table(lines),
            )

    def update(self, changed: list[tuple[Line, dict, str]]) -> None:
        """Replace what lines say; the trail keeps what they said before."""
        if not changed:
            return
        self._note([(stored["id"], kind) for _line, stored, kind in changed])
        self._execute(
            """
            UPDATE fusion_billing_reconciliation line
            SET %(updates)s, run_id = %(run)s, write_uid = %(user)s, write_date = %(now)s,
                resolved_by = CASE sent.status WHEN 'resolved' THEN line.resolved_by END,
                resolved_on = CASE sent.status WHEN 'resolved' THEN line.resolved_on END
            FROM %(lines)s
            WHERE line.service_id = %(service)s AND line.line_key = sent.line_key
            """,
            updates=set_from("sent", _COLUMNS),
            lines=_as_table([line for line, _stored, _kind in changed]),
        )

    def seen(self, ids: list[int]) -> None:
        """Note that the run found lines as they were."""
        if ids:
            self._execute(
                "UPDATE fusion_billing_reconciliation SET run_id = %(run)s WHERE id = ANY(%(ids)s)",
                ids=ids,
            )

    def settle(self, condition: SQL) -> int:
        """Note that lines which the run did not name match now; return how many.

        Args:
            condition: Which of the service's lines, ``line``, the run has compared.
        """
        query = SQL(
            """
            SELECT line.id FROM fusion_billing_reconciliation line
            WHERE line.service_id = %s AND %s AND line.run_id IS DISTINCT FROM %s
                AND line.status != 'match'
            """,
            self.service.id,
            condition,
            self.run.id,
        )
        ids = [line_id for (line_id,) in self.env.execute_query(query)]
        if ids:
            self._note([(line_id, "settled") for line_id in ids])
            self._execute(
                """
                UPDATE fusion_billing_reconciliation
                SET status = 'match', outcome = 'match', odoo_amount = 0, external_amount = 0,
                    expected_amount = NULL, expected_known = NULL, wrong_side = NULL,
                    external_tax_rate = NULL, odoo_tax_rate = NULL, delta = 0,
                    cause = '', cause_name = '', evidence = '', run_id = %(run)s,
                    resolved_by = NULL, resolved_on = NULL, write_uid = %(user)s,
                    write_date = %(now)s
                WHERE id = ANY(%(ids)s)
                """,
                ids=ids,
            )
        return len(ids)

    def close(self, final: Final) -> int:
        """Close the run: lines of its time that it did not name match now; return how many."""
        window = SQL("line.period_start >= %s AND line.period_start < %s", final.since, final.until)
        settled = self.settle(window)
        query = SQL(
            """
            SELECT count(*), count(*) FILTER (WHERE cause = %s AND status = 'delta')
            FROM fusion_billing_reconciliation line
            WHERE line.service_id = %s AND %s AND status != 'match'
            """,
            UNEXPLAINED,
            self.service.id,
            window,
        )
        ((differences, unexplained),) = self.env.execute_query(query)
        self.run.write(
            {
                "period_from": final.since,
                "period_to": final.until,
                "matched": final.matched,
                "totals": final.totals,
                "differences": differences,
                "unexplained": unexplained,
                "state": "done",
            }
        )
        return settled

    def _note(self, kinds: list[tuple[int, str]]) -> None:
        """Write to the trail what these lines say now, before it is replaced."""
        self._execute(
            """
            INSERT INTO fusion_billing_reconciliation_trail (
                reconciliation_id, company_id, run_id, kind, user_id, odoo_amount,
                external_amount, cause_name, note, create_uid, write_uid, create_date, write_date
            )
            SELECT line.id, line.company_id, %(run)s, noted.kind, %(user)s, line.odoo_amount,
                line.external_amount, line.cause_name,
                CASE WHEN line.status = 'resolved' THEN line.note END,
                %(user)s, %(user)s, %(now)s, %(now)s
            FROM %(noted)s
            JOIN fusion_billing_reconciliation line ON line.id = noted.id
            """,
            noted=json_table(
                "noted",
                {"id": "int", "kind": "text"},
                [{"id": line_id, "kind": kind} for line_id, kind in kinds],
            ),
        )

    def _execute(self, statement: str, **parts) -> None:
        execute_for(self.service, statement, run=self.run.id, names=listed(_COLUMNS), **parts)
        for name in ("fusion.billing.reconciliation", "fusion.billing.reconciliation.trail"):
            self.env[name].invalidate_model()


def _as_table(lines: list[Line]) -> SQL:
    """Return lines as something to select from, named ``sent``."""
    return json_table("sent", _COLUMNS, [{"line_key": one.key, **one.values} for one in lines])
