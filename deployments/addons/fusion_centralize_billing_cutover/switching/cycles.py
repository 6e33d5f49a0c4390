"""Gate records of dual runs: which cycles were green, and how many in a row."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from odoo import _, fields
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.moments import read_window


def record_cycle(env, service, values: dict) -> int:
    """Store a cycle and return its id; the same key again replaces it.

    Raises:
        UserError: A value is missing, or a cycle is not green without a reason.
    """
    key, green = values.get("key"), values.get("green")
    reasons, figures = values.get("reasons") or [], values.get("figures") or {}
    if not isinstance(key, str) or not key or not isinstance(green, bool):
        raise UserError(env._("A cycle needs key (text) and green (true or false)."))
    if not isinstance(figures, dict) or not all(isinstance(one, str) for one in reasons):
        raise UserError(env._("A cycle's figures are an object, its reasons a list of sentences."))
    if not green and not reasons:
        raise UserError(env._("A cycle that is not green needs its reasons."))
    start, end = read_window(values.get("period_from"), values.get("period_to"))
    stored = {
        "key": key,
        "service_id": service.id,
        "period_start": start,
        "period_end": end,
        "green": green,
        "reasons": "\n".join(reasons),
        "line_count": _number(figures, "lines", int),
        "matched": _number(figures, "matched", int),
        "unexplained": float(_number(figures, "unexplained", Decimal)),
        "odoo_total": float(_number(figures, "odoo_total", Decimal)),
        "external_total": float(_number(figures, "external_total", Decimal)),
        "figures": figures,
        "links": [list(map(str, link)) for link in values.get("links") or []],
        "run": values.get("run"),
        "recorded_at": _moment(values.get("recorded_at")),
    }
    cycles = env["fusion.billing.cycle"]
    cycle = cycles.search([("service_id", "=", service.id), ("key", "=", key)])
    if cycle:
        cycle.write(stored)
    else:
        cycle = cycles.create(stored)
    if service.phase == "shadow":
        service.phase = "dual_run"
    return cycle.id


def cycles_of(env, service, limit: int | None = None):
    """Return the service's cycles, the latest period first, the latest record before others."""
    return env["fusion.billing.cycle"].search([("service_id", "=", service.id)], limit=limit)


def counting(cycles) -> list:
    """Return of each period the cycle that counts: the one recorded last; latest first."""
    seen, kept = set(), []
    for cycle in cycles:
        if cycle.period_start not in seen:
            seen.add(cycle.period_start)
            kept.append(cycle)
    return kept


def green_in_a_row(kept: list) -> int:
    """Return how many of the cycles, from the first on, are green and follow each other."""
    count, expected = 0, None
    for cycle in kept:
        if not cycle.green or (expected is not None and cycle.period_end != expected):
            break
        count, expected = count + 1, cycle.period_start
    return count


def answers(env, service, limit: int) -> list[dict]:
    """Return the cycles as JSON types, for ``cycles``."""
    cycles = cycles_of(env, service, limit)
    kept = counting(cycles)
    rows = {cycle.id: green_in_a_row(kept[place:]) for place, cycle in enumerate(kept)}
    return [
        {
            "key": cycle.key,
            "period_from": f"{cycle.period_start.isoformat()}Z",
            "period_to": f"{cycle.period_end.isoformat()}Z",
            "green": cycle.green,
            "reasons": (cycle.reasons or "").splitlines(),
            "figures": cycle.figures or {},
            "links": cycle.links or [],
            "run": cycle.run or None,
            "recorded_at": f"{cycle.recorded_at.isoformat()}Z",
            "counts": cycle.id in rows,
            "green_in_a_row": rows.get(cycle.id, 0),
        }
        for cycle in cycles
    ]


def figure(cycle, name: str) -> Decimal:
    """Return a figure of a cycle as the exact decimal that was recorded; 0 without it."""
    return _number(cycle.figures or {}, name, Decimal)


def _number(figures: dict, name: str, kind: type):
    value = figures.get(name, 0)
    try:
        number = Decimal(str(value))
        if isinstance(value, bool) or not number.is_finite():
            raise InvalidOperation
        return kind(number)
    except (InvalidOperation, ValueError):
        raise UserError(_("The figure '%(name)s' is no number.", name=name)) from None


def _moment(text: str | None) -> datetime:
    if not text:
        return fields.Datetime.now()
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise UserError(_("recorded_at is an ISO time.")) from None
    if moment.tzinfo:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None, microsecond=0)
