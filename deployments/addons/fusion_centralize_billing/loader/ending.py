"""Shadow orders whose subscription is over in the source: drafts still, and nothing to bill."""

from datetime import UTC, datetime

from odoo import fields

from .row import UNCHANGED, UPDATED, InvalidRowError, Row
from .writing import write_grouped


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
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    except (TypeError, ValueError, OverflowError):
        raise InvalidRowError(
            "invalid_value", "ended_at must be an ISO time with an offset."
        ) from None
