"""Readiness: worked out from what Odoo holds, stored on the account links, told page by page."""

from odoo import fields
from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.loader.writing import json_table, set_from

from .holdings import Holdings
from .judging import reasons_against, remarks
from .requirements import USUAL_CYCLES, digest

_COLUMNS = {
    "id": "int",
    "ready": "bool",
    "readiness": "text",
    "readiness_group": "text",
    "readiness_codes": "text",
    "readiness_reasons": "text",
    "readiness_note": "text",
    "readiness_revenue": "numeric",
    "readiness_currency_id": "int",
    "readiness_digest": "text",
    "readiness_at": "timestamp",
}


def refresh(env, service, cycles: int) -> None:
    """Work out who of a service is ready and store it on the account links.

    Args:
        env: Superuser environment in the service's company; all is written to the database.
        service: The ``fusion.billing.service``.
        cycles: Over how many of the latest cycles.
    """
    held = Holdings(env, service, cycles)
    now = fields.Datetime.now()
    home = service.company_id.currency_id.id
    rows = []
    for customer in held.customers.values():
        if customer.link_id is None:
            continue
        told = _told(held, customer)
        revenue, currency = held.revenue.get(customer.external_id, (0, home))
        values = {
            "id": customer.link_id,
            "ready": told["ready"],
            "readiness": told["state"],
            "readiness_group": told["group"],
            "readiness_codes": ",".join(told["codes"]) or None,
            "readiness_reasons": "\n".join(told["reasons"]) or None,
            "readiness_note": "\n".join(told["notes"]) or None,
            "readiness_revenue": str(revenue),
            "readiness_currency_id": currency,
        }
        rests_on = {**values, "cycles": [[one.id, one.digest] for one in held.records]}
        rows.append({**values, "readiness_digest": digest(rests_on), "readiness_at": now})
    _store(env, rows)


def page(env, service, after_id: int, limit: int) -> dict:
    """Return a page of customers by the id of their link; the last has those without one."""
    links = env["fusion.billing.account.link"].search(
        [("service_id", "=", service.id), ("id", ">", after_id)], order="id", limit=limit
    )
    rows = [
        {
            "customer": link.external_id,
            "state": link.readiness or "waiting",
            "ready": link.ready,
            "group": link.readiness_group or "",
            "codes": (link.readiness_codes or "").split(",") if link.readiness_codes else [],
            "reasons": (link.readiness_reasons or "").splitlines(),
            "notes": (link.readiness_note or "").splitlines(),
            "revenue": str(link.readiness_revenue),
            "currency": link.readiness_currency_id.name or service.company_id.currency_id.name,
            "digest": link.readiness_digest or "",
        }
        for link in links
    ]
    last = len(links) < limit
    if last:
        rows += _without_link(env, service)
    return {"rows": rows, "next_after_id": None if last else links[-1].id}


def _without_link(env, service) -> list[dict]:
    """Return those whom a cycle or the last import names and whom Odoo does not know."""
    held = Holdings(env, service, USUAL_CYCLES)
    home = service.company_id.currency_id
    rows = []
    for customer in held.customers.values():
        if customer.link_id is not None or not customer.external_id:
            continue
        revenue, currency = held.revenue.get(customer.external_id, (0, home.id))
        told = _told(held, customer)
        rows.append(
            {
                "customer": customer.external_id,
                **told,
                "revenue": str(revenue),
                "currency": env["res.currency"].browse(currency).name,
                "digest": "",
            }
        )
    return rows


def _told(held: Holdings, customer) -> dict:
    if customer.live:
        codes = ["idle"] if customer.is_idle else []
        return {"state": "live", "ready": False, "group": None, "codes": codes, "reasons": [],
                "notes": ["Odoo bills this customer."]}  # fmt: skip
    reasons = reasons_against(customer, held.cycles)
    return {
        "state": "waiting" if reasons else "ready",
        "ready": not reasons,
        "group": reasons[0].group if reasons else None,
        "codes": list(dict.fromkeys(reason.code for reason in reasons)),
        "reasons": [reason.sentence for reason in reasons],
        "notes": remarks(customer, held.cycles),
    }


def _store(env, rows: list[dict]) -> None:
    """Write all of them in one statement: every row differs, and nothing depends on them."""
    if not rows:
        return
    names = [name for name in _COLUMNS if name != "id"]
    query = SQL(
        "UPDATE fusion_billing_account_link link SET %s FROM %s WHERE new.id = link.id",
        set_from("new", names),
        json_table("new", _COLUMNS, rows),
    )
    env.cr.execute(query)
    links = env["fusion.billing.account.link"].browse([row["id"] for row in rows])
    links.invalidate_recordset(names)
