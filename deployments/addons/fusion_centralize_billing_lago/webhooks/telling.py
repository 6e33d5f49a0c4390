"""Which events a change brings: what was last told of a record, against how it is now.

Records that changed are only noted; they are looked at once, when the transaction is about to
commit. So one commit brings one message however many writes it took, the message shows what is
committed, and a transaction that is rolled back tells nothing.
"""

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.models.sale_order import SILENT

from . import tell_invoices, tell_records, tell_subscriptions, told

_MOST_EVENTS = 1000
_NOTES = "fusion_centralize_billing_lago.webhooks"


def note(records) -> None:
    """Look at these records before the transaction commits."""
    ids = [record_id for record_id in records.ids if record_id]
    if not ids:
        return
    env, precommit = records.env, records.env.cr.precommit
    notes = precommit.data.get(_NOTES)
    if notes is None:
        notes = precommit.data[_NOTES] = {}
        precommit.add(lambda: _tell_noted(env))
    silent = bool(env.su and env.context.get(SILENT))
    notes.setdefault((records._name, silent), {}).update(dict.fromkeys(ids))


def tell_what_time_brought(env, services=None) -> int:
    """Tell what became so without a change; return how many records were looked at.

    Args:
        env: Superuser environment.
        services: Ids; only of these services. None for all.
    """
    env.flush_all()
    looked_at = tell_subscriptions.tell_due(env, services)
    looked_at += tell_subscriptions.tell_coming(env, services)
    looked_at += tell_invoices.tell_overdue(env, services)
    looked_at += _tell_errors(env, services)
    if services is None:
        looked_at += env["fusion.billing.wallet"].sudo()._terminate_expired()
    env.flush_all()
    return looked_at


def _tell_errors(env, services=None) -> int:
    """Tell live services of events that no charge will ever count, each once; return how many.

    Lago does so each hour.
    """
    domain = [("phase", "=", "live")]
    if services is not None:
        domain.append(("id", "in", services))
    live = env["fusion.billing.service"].sudo().search(domain)
    return sum(_tell_errors_of(service) for service in live)


def _tell_errors_of(service) -> int:
    before = told.last(service, service)
    since = int(before.digest or 0)
    rows = service.env.execute_query(
        SQL(
            """
            SELECT event.id, event.transaction_id, event.code, metric.id IS NULL,
                metric.field_name IS NOT NULL AND NOT event.properties ? metric.field_name
            FROM fusion_billing_event event
            LEFT JOIN fusion_billing_metric metric ON metric.active
                AND metric.service_id IS NOT DISTINCT FROM %(service)s
                AND metric.code = event.code
            WHERE event.service_id = %(service)s AND event.id > %(since)s
                AND event.created_at < now() AT TIME ZONE 'UTC' - INTERVAL '1 minute'
                AND NOT EXISTS (
                    SELECT FROM fusion_billing_metric house WHERE house.active
                        AND house.service_id IS NULL AND house.code = event.code
                )
            ORDER BY event.id LIMIT %(most)s
            """,
            service=service.id,
            since=since,
            most=_MOST_EVENTS,
        )
    )
    if not rows:
        return 0
    told.keep(service, service, before.now(digest=str(rows[-1][0])))
    unknown = [transaction for _id, transaction, _code, missing, _lacks in rows if missing]
    lacking = [transaction for _id, transaction, _code, missing, lacks in rows if lacks]
    if unknown or lacking:
        content = {
            "invalid_code": unknown,
            "missing_aggregation_property": lacking,
            "invalid_filter_values": [],
            "missing_group_key": [],
        }
        service.env["fusion.billing.webhook"]._emit(service, "events.errors", service, content)
    return len(unknown) + len(lacking)


def _tell_noted(env) -> None:
    notes = env.cr.precommit.data.pop(_NOTES, {})
    for (model, is_silent), ids in notes.items():
        clean = env(su=True, context={SILENT: True} if is_silent else {})
        _TELL[model](clean[model].browse(sorted(ids)).exists())


_TELL = {
    "sale.order": tell_subscriptions.tell,
    "account.move": tell_invoices.tell,
    "payment.transaction": tell_invoices.tell_failures,
    "fusion.billing.account.link": tell_records.tell_kept,
    "res.partner": tell_records.tell_partners,
    "payment.token": tell_records.tell_cards,
    "account.payment": tell_records.tell_payments,
    "fusion.billing.plan": tell_records.tell_kept,
    "fusion.billing.metric": tell_records.tell_kept,
    "fusion.billing.payment.request": tell_records.tell_requests,
    "fusion.billing.wallet.transaction": tell_records.tell_movements,
}
