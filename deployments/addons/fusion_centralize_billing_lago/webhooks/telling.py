"""Which events a change brings: what was last told of a record, against how it is now.

Records that changed are only noted; they are looked at once, when the transaction is about to
commit. So one commit brings one message however many writes it took, the message shows what is
committed, and a transaction that is rolled back tells nothing.
"""

from odoo.addons.fusion_centralize_billing.models.sale_order import SILENT

from . import tell_customers, tell_events, tell_invoices, tell_records, tell_subscriptions

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
    looked_at += tell_events.tell_errors(env, services)
    if services is None:
        looked_at += env["fusion.billing.wallet"].sudo()._terminate_expired()
    env.flush_all()
    return looked_at


def _tell_noted(env) -> None:
    notes = env.cr.precommit.data.pop(_NOTES, {})
    for (model, is_silent), ids in notes.items():
        clean = env(su=True, context={SILENT: True} if is_silent else {})
        _TELL[model](clean[model].browse(sorted(ids)).exists())


_TELL = {
    "sale.order": tell_subscriptions.tell,
    "account.move": tell_invoices.tell,
    "payment.transaction": tell_invoices.tell_failures,
    "fusion.billing.account.link": tell_customers.tell,
    "res.partner": tell_customers.tell_partners,
    "payment.token": tell_customers.tell_cards,
    "account.payment": tell_records.tell_payments,
    "fusion.billing.plan": tell_records.tell_kept,
    "fusion.billing.metric": tell_records.tell_kept,
    "fusion.billing.payment.request": tell_records.tell_requests,
    "fusion.billing.wallet.transaction": tell_records.tell_movements,
}
