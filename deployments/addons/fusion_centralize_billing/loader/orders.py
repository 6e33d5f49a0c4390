"""Orders: one shadow order per deployment, a draft with the plan's flat price; also its end."""

from datetime import datetime

from odoo import fields
from odoo.fields import Command
from odoo.tools import SQL

from .differences import differences, sentence
from .halving import load_in_halves
from .journal import utc
from .order_lines import line_edits
from .order_values import OrderValues
from .row import CREATED, FAILED, UNCHANGED, UPDATED, InvalidRowError, Row, read_rows
from .taxes import TaxCodes, codes_in
from .writing import store_marks, write_grouped

_LEFT_DRAFT = (
    "The order is no longer a draft in Odoo, so it was left alone; "
    "find out who confirmed or canceled it."
)

_LIVE = "Odoo bills this subscription: the source's copy is not loaded over it any more."
_BY_HAND = (
    "A person set a discount of {} % on it in Odoo; it was kept, and the source does not know it."
)
_NEW_OF_LIVE = (
    "Odoo bills its customer already, but not this subscription: switch or create it in Odoo, "
    "or nobody bills it."
)


class OrderLoader:
    """Loads the orders of one bundle, after its plans and customers.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        full_compare: Also look for edits made in Odoo, and put them back.
    """

    def __init__(self, env, service, full_compare: bool) -> None:
        self.env = env
        self.service = service
        self.full_compare = full_compare

    def load(self, rows: list[Row], plans: list[Row]) -> None:
        """Create, update or leave each order; one that left draft is only reported."""
        if not rows:
            return
        stored = self._stored(rows)
        self._mark_taxes(rows)
        todo = []
        for row in rows:
            if row.outcome:
                continue
            if row.parent.outcome == FAILED:
                row.fail("customer_not_loaded", "Its customer was not loaded; see there why.")
            elif row.parent.work.get("live"):
                self._leave(row, stored.get(row.external_id))
            else:
                self._sort(row, stored.get(row.external_id), todo)
        todo = self._read_values(todo, plans)
        new = [row for row in todo if not row.work["id"]]
        load_in_halves(self.env, new, self._insert)
        load_in_halves(self.env, [row for row in todo if row.work["id"]], self._update)
        self._tell_by_hand(rows)

    def _mark_taxes(self, rows: list[Row]) -> None:
        """Let rows with tax codes be looked at again when finance maps a code to another tax."""
        named = {
            row: codes
            for row in rows
            if (codes := codes_in(row.data, row.parent.data, *row.data.get("lines", ())))
        }
        if named:
            codes = TaxCodes(self.env, self.service)
            for row, names in named.items():
                row.fingerprint = codes.mark(row.fingerprint, names)

    @staticmethod
    def _tell_by_hand(rows: list[Row]) -> None:
        """Tell in every run of discounts that a person set: they are what Odoo will bill."""
        for row in rows:
            if row.odoo_id and not row.code and row.work.get("by_hand"):
                row.note("discount_by_hand", _BY_HAND.format(row.work["by_hand"]))

    def _stored(self, rows: list[Row]) -> dict[str, tuple]:
        """Return what decides about each order, by external id, in one query."""
        query = SQL(
            """
            SELECT x_fc_external_id, id, state = 'draft', partner_id, x_fc_fingerprint,
                   x_fc_shadow AND payment_token_id IS NULL, x_fc_account_link_id IS NOT NULL,
                   x_fc_terminated_at IS NOT NULL AND x_fc_fingerprint IS NULL,
                   (
                       SELECT string_agg(trim_scale(line.discount::numeric)::text, ' %%, ')
                       FROM sale_order_line line
                       WHERE line.order_id = sale_order.id
                           AND line.discount != COALESCE(line.x_fc_discount, 0)
                   ),
                   state = 'draft' AND x_fc_shadow
            FROM sale_order WHERE x_fc_service_id = %s AND x_fc_external_id = ANY(%s)
            """,
            self.service.id,
            [row.external_id for row in rows],
        )
        return {key: found for key, *found in self.env.execute_query(query)}

    @staticmethod
    def _leave(row: Row, stored: list | None) -> None:
        """End the row of a live customer's subscription."""
        if stored and not stored[-1]:
            row.done(UNCHANGED, stored[0])
            row.note("order_live", _LIVE)
        else:
            row.fail("customer_live", _NEW_OF_LIVE)

    def _sort(self, row: Row, stored: list | None, todo: list[Row]) -> None:
        """End the row if there is nothing to do, else put it into ``todo``."""
        row.work["id"] = stored and stored[0]
        if stored:
            order_id, draft, partner_id, mark, safe, complete, ended, by_hand, _shadow = stored
            row.work["by_hand"] = by_hand
            # A load ended it; the source has it again.
            row.work["resumed"] = ended
            # An order of before the account was noted is loaded anew; nobody edited it.
            row.work["same"] = mark == row.fingerprint and complete
            if not draft:
                row.done(UNCHANGED, order_id)
                row.note("order_left_draft", _LEFT_DRAFT)
                return
            untouched = row.work["same"] and safe and partner_id == row.parent.odoo_id
            if untouched and not self.full_compare:
                row.done(UNCHANGED, order_id)
                return
        todo.append(row)

    def _read_values(self, rows: list[Row], plans: list[Row]) -> list[Row]:
        """Return the rows that can be stored, with ``values`` and ``work`` filled."""
        if not rows:
            return []
        reader = OrderValues(self.env, self.service, rows, plans)
        good = read_rows(rows, reader.read)
        for row in good:
            if row.work.get("resumed"):
                row.values["x_fc_terminated_at"] = False
        return good

    def _insert(self, rows: list[Row]) -> None:
        orders = self.env["sale.order"].create(
            [
                {
                    **row.values,
                    **row.work["once"],
                    "x_fc_fingerprint": row.fingerprint,
                    "order_line": [
                        Command.create(self._new_line(row, line))
                        for line in row.work["lines"].values()
                    ],
                }
                for row in rows
            ]
        )
        for row, order in zip(rows, orders, strict=True):
            row.done(CREATED, order.id)

    def _update(self, rows: list[Row]) -> None:
        orders = self.env["sale.order"].browse([row.work["id"] for row in rows])
        changes, marks = [], {}
        for row, order in zip(rows, orders, strict=True):
            edits = self._edits(order, row)
            if edits and row.work["same"]:
                told = "; ".join(self._told(record, changed, row) for record, changed in edits)
                row.note("drift", f"Put back to the source's values. {told}.")
            changes += edits
            marks[order.id] = row.fingerprint
            row.done(UPDATED if edits else UNCHANGED, order.id)
        write_grouped(changes)
        store_marks(orders, "x_fc_fingerprint", marks)

    @staticmethod
    def _new_line(row: Row, line: dict) -> dict:
        """Return a line's values with those that a later load does not compare."""
        return {**row.work["line_once"], **line}

    def _edits(self, order, row: Row) -> list[tuple]:
        """Return what must be written: to the order and its lines, or in its lines' place."""
        edits = [(order, differences(order, row.values))]
        changed, missing, extra = line_edits(order, row.work["lines"])
        if missing or extra:
            commands = [Command.delete(line.id) for line in extra]
            commands += [Command.create(self._new_line(row, line)) for line in missing]
            edits.append((order, {"order_line": commands}))
        edits += changed
        return [(record, changed) for record, changed in edits if changed]

    @staticmethod
    def _told(record, changed: dict, row: Row) -> str:
        if "order_line" in changed:
            there, wanted = len(record.order_line), len(row.work["lines"])
            return f"Order Lines: {there} in Odoo, {wanted} in the source"
        return sentence(record, changed)


def end_orders(env, service, rows: list[Row]) -> None:
    """End the shadow orders of these rows; a row without one stays without an outcome.

    What was billed until the end can still be compared. An order that is live, or that somebody
    took out of draft, is left alone. One that comes back in the source goes on, because it has
    no fingerprint any more.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        rows: Each with ``ended_at``, an ISO time with an offset; null for now.
    """
    by_id = {row.external_id: row for row in rows if not row.outcome}
    orders = env["sale.order"].search(
        [
            ("x_fc_service_id", "=", service.id),
            ("x_fc_external_id", "in", list(by_id)),
            ("x_fc_shadow", "=", True),
            ("state", "=", "draft"),
        ]
    )
    changes = []
    for order in orders:
        row = by_id[order.x_fc_external_id]
        try:
            ended_at = _moment(row.data["ended_at"])
        except InvalidRowError as refused:
            row.fail(refused.code, refused.message)
            continue
        row.done(UNCHANGED if order.x_fc_terminated_at else UPDATED, order.id)
        row.note("order_ended", "Its shadow order in Odoo ended with it.")
        if row.outcome == UPDATED:
            changes.append((order, {"x_fc_terminated_at": ended_at, "x_fc_fingerprint": False}))
    write_grouped(changes)


def _moment(text: object) -> datetime:
    if text is None:
        return fields.Datetime.now()
    try:
        return utc(datetime.fromisoformat(text))
    except (TypeError, ValueError, OverflowError):
        raise InvalidRowError(
            "invalid_value", "ended_at must be an ISO time with an offset."
        ) from None
