"""How a dual run comes to be on record: opened, its customers page by page, closed and judged.

The flow tells what the match found and what did not go through; whether the cycle is green is
worked out here, from the sums of its customers, the stored differences and the decisions.
"""

from collections import Counter
from dataclasses import asdict
from decimal import Decimal

from odoo import _, fields
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import (
    LARGEST_INTEGER,
    is_text,
    read_window,
)
from odoo.addons.fusion_centralize_billing.loader.writing import insert_rows
from odoo.addons.fusion_centralize_billing_reconciliation.reconciling.batch import (
    read_long_periods,
)
from odoo.addons.fusion_centralize_billing_reconciliation.reconciling.differences import (
    differences,
)

from .cycles import read_number
from .requirements import check_shares, digest
from .verdict import Found, Limits, reasons_against

MAX_ROWS = 5_000
# Of one customer: a reseller has one for each of their own.
MAX_SUBSCRIPTIONS = 1_000_000
_SETTLED = ""
_COPY = "copy"
_SIDES = {_SETTLED, _COPY, "billed", "terms", "open"}
_AMOUNTS = ("billed", "expected", "odoo")


def open_cycle(env, service, values: dict):
    """Return the cycle of this key that is arriving, or the record that says exactly this.

    Raises:
        UserError: A value is missing or wrong.
    """
    key = values.get("key")
    blockers = values.get("reasons") or []
    figures, limits = values.get("figures") or {}, values.get("limits") or {}
    if not is_text(key) or not key:
        raise UserError(env._("A cycle needs key (text)."))
    sentences = isinstance(blockers, list) and all(map(is_text, blockers))
    if not isinstance(figures, dict) or not sentences:
        raise UserError(env._("A cycle's figures are an object, its reasons a list of sentences."))
    if values.get("green") is False and not blockers:
        blockers = ["The dual run says that it is not green."]
    links = values.get("links") or []
    if not isinstance(links, list) or not all(_is_link(link) for link in links):
        raise UserError(env._("A cycle's links are pairs of texts: a title and an address."))
    start, end = read_window(values.get("period_from"), values.get("period_to"))
    said = digest({name: value for name, value in values.items() if name != "recorded_at"})
    cycles = env["fusion.billing.cycle"]
    known = _latest(service, key)
    if known and known.digest == said:
        return known
    if known.state == "arriving":
        # A run that broke off is sent anew: what had arrived of it counted for nothing.
        known.customer_ids.unlink()
        known.unlink()
    return cycles.create(
        {
            "key": key,
            "service_id": service.id,
            "state": "arriving",
            "period_start": start,
            "period_end": end,
            "blockers": "\n".join(blockers),
            "line_count": read_number(figures, "lines", int),
            "odoo_total": float(read_number(figures, "odoo_total", Decimal)),
            "external_total": float(read_number(figures, "external_total", Decimal)),
            "figures": figures,
            "limits": _limits(limits),
            "links": [list(link) for link in links],
            "run": values.get("run"),
            "digest": said,
            "recorded_at": fields.Datetime.now(),
        }
    )


def _is_link(link: object) -> bool:
    pair = isinstance(link, (list, tuple)) and len(link) == 2
    return pair and all(map(is_text, link))


def find_cycle(service, key: object):
    """Return the latest cycle of this key.

    Raises:
        UserError: There is none.
    """
    cycle = _latest(service, key) if is_text(key) else None
    if not cycle:
        raise UserError(_("No dual run '%(key)s' is being recorded.", key=key))
    return cycle


def _latest(service, key: str):
    ours = [("service_id", "=", service.id), ("key", "=", key)]
    return service.env["fusion.billing.cycle"].search(ours, limit=1, order="id desc")


def add_customers(cycle, rows: object) -> int:
    """Keep what customers of an arriving cycle came to; sending them again replaces them.

    Of a cycle that is on record the same rows again change nothing, and others are refused.

    Raises:
        UserError: A row is malformed, or the cycle is on record with other contents.
    """
    if not isinstance(rows, list) or len(rows) > MAX_ROWS:
        raise UserError(_("A page holds at most %(max_rows)s customers.", max_rows=MAX_ROWS))
    env = cycle.env
    currencies = env["res.currency"].with_context(active_test=False).search([])
    by_code = {currency.name: currency for currency in currencies}
    read = {}
    for row in rows:
        values = _customer(row, by_code)
        read[values["customer"], values["currency_id"]] = values
    names = sorted({customer for customer, _currency in read})
    links = env["fusion.billing.account.link"]._by_account(cycle.service_id, names)
    stored = env["fusion.billing.cycle.customer"]
    known = stored.search([("cycle_id", "=", cycle.id), ("customer", "in", names)]).filtered(
        lambda one: (one.customer, one.currency_id.id) in read
    )
    if cycle.state == "recorded":
        _refuse_others(cycle, known, read)
        return len(read)
    known.unlink()
    env.flush_all()
    insert_rows(
        stored,
        [
            {
                "cycle_id": cycle.id,
                "service_id": cycle.service_id.id,
                "company_id": cycle.company_id.id,
                "link_id": links[name].id if (name := values["customer"]) in links else None,
                **values,
            }
            for values in read.values()
        ],
    )
    stored.invalidate_model()
    cycle.invalidate_recordset(["customer_ids"])
    return len(read)


def _refuse_others(cycle, known, read: dict) -> None:
    """Refuse rows that are not what is on record."""
    told = ("sums", "subscriptions", "long_periods")
    same = {(one.customer, one.currency_id.id): [one[name] or [] for name in told] for one in known}
    if same != {key: [values[name] for name in told] for key, values in read.items()}:
        raise UserError(
            _("The dual run '%(key)s' is on record with other contents.", key=cycle.key)
        )


def close_cycle(cycle) -> None:
    """Judge an arriving cycle and put it on record for good; a recorded one stays as it is."""
    if cycle.state == "recorded":
        return
    env, service = cycle.env, cycle.service_id
    env.flush_all()
    customers = cycle.customer_ids
    found = Found(
        said=cycle.line_count,
        lines=sum(customers.mapped("line_count")),
        settled=sum(customers.mapped("settled")),
        **_differences(cycle, customers),
    )
    blockers = (cycle.blockers or "").splitlines()
    reasons = reasons_against(found, Limits(**cycle.limits), blockers)
    cycle.write(
        {
            "line_count": found.lines,
            "matched": found.settled,
            "decided": found.decided,
            "unexplained": float(found.unexplained),
            "figures": {
                **(cycle.figures or {}),
                "lines": found.lines,
                "matched": found.settled + found.decided,
                "settled": found.settled,
                "decided": found.decided,
                "open": found.open,
                "unexplained": str(found.unexplained),
            },
            "green": not reasons,
            "reasons": "\n".join(reasons),
            "recorded_at": fields.Datetime.now(),
            "state": "recorded",
        }
    )
    if service.phase == "shadow":
        service.phase = "dual_run"


def _differences(cycle, customers) -> dict:
    """Return the facts about the differences of a cycle, as they are stored."""
    found = differences(cycle.env, cycle.service_id, cycle.period_start, cycle.period_end)
    stored, compared = Counter(), Counter()
    for one in found:
        stored[one.customer] += one.lines
    for one in customers:
        compared[one.customer] += one.differing
    missing = compared - stored
    customers.filtered(lambda one: one.customer in missing).write({"untold": True})
    still_open = [one for one in found if not one.decision_id]
    still = sum(one.lines for one in still_open) + missing.total()
    return {
        "decided": max(0, compared.total() - still),
        "open": still,
        "untold": len(missing),
        "unexplained": sum(
            (one.stake for one in still_open if one.cause == "unexplained"), Decimal(0)
        ),
    }


def _limits(values: object) -> dict[str, str]:
    defaults = asdict(Limits())
    if not isinstance(values, dict) or not values.keys() <= defaults.keys():
        raise UserError(_("A cycle's limits are match_rate and unexplained."))
    limits = {**defaults, **values}
    check_shares(limits)
    return limits


def _customer(row: object, currencies: dict) -> dict:
    """Return the values of one customer's row; its counts are those of its sums."""
    if not isinstance(row, dict) or not is_text(row.get("customer")):
        raise UserError(_("A customer of a cycle is an object with customer and sums."))
    code, sums = row.get("currency"), row.get("sums") or []
    currency = currencies.get(code) if isinstance(code, str) else None
    if not currency:
        raise UserError(_("Odoo has no currency '%(code)s'.", code=code))
    if not isinstance(sums, list):
        raise UserError(_("A customer of a cycle is an object with customer and sums."))
    subscriptions = row.get("subscriptions") or []
    if not isinstance(subscriptions, list) or not all(map(is_text, subscriptions)):
        raise UserError(_("A customer's subscriptions are a list of ids."))
    long_periods = read_long_periods(row.get("long_periods") or [], MAX_SUBSCRIPTIONS)
    sums = [_sum(one) for one in sums]
    lines = Counter()
    for one in sums:
        lines[one["wrong_side"]] += one["lines"]
    return {
        "customer": row["customer"],
        "currency_id": currency.id,
        "line_count": lines.total(),
        "settled": lines[_SETTLED],
        "differing": lines.total() - lines[_SETTLED],
        "copy_wrong": lines[_COPY],
        **{name: sum((Decimal(one[name] or 0) for one in sums), Decimal(0)) for name in _AMOUNTS},
        "sums": sums,
        "subscriptions": sorted(set(subscriptions)),
        "long_periods": sorted([name, f"{start.isoformat()}Z"] for name, start in long_periods),
    }


def _sum(values: object) -> dict:
    """Return one sum of a customer, its amounts as decimal texts; None is no amount at all."""
    told = values if isinstance(values, dict) else {}
    outcome, side, lines = (told.get(name) for name in ("outcome", "wrong_side", "lines"))
    named = isinstance(outcome, str) and isinstance(side, str) and side in _SIDES
    if not named or type(lines) is not int or not 0 <= lines <= LARGEST_INTEGER:
        raise UserError(_("A sum of a customer has outcome, wrong_side, lines and amounts."))
    amounts = {name: told.get(name) for name in _AMOUNTS}
    for name, amount in amounts.items():
        if amount is not None:
            read_number(amounts, name, Decimal)
    return {"outcome": outcome, "wrong_side": side, "lines": lines, **amounts}
