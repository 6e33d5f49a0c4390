"""One batch of reconciliation lines, from the wire to the answer."""

from collections import Counter
from decimal import Decimal

from odoo.addons.fusion_centralize_billing.loader.row import CREATED, FAILED, UNCHANGED, UPDATED
from odoo.addons.fusion_centralize_billing.periods.calendar import day_of
from odoo.addons.fusion_centralize_billing.periods.stored import company_zone
from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import orders_of

from .batch import Line, ReconciliationBatch
from .causes import cause_name
from .long_periods import of_long_periods
from .store import LineStore

REOPENED = "reopened"
SETTLED = "settled"
_NUMBERS = (
    "odoo_amount",
    "external_amount",
    "expected_amount",
    "external_tax_rate",
    "odoo_tax_rate",
)
_FIGURES = ("outcome", "currency_id", *_NUMBERS)
_TOLD = (
    "wrong_side",
    "cause",
    "evidence",
    "ref",
    "origin",
    "period_end",
    "subscription_id",
    "partner_id",
)


def load_lines(env, service, batch: ReconciliationBatch) -> dict:
    """Store a batch's lines, and close the run with its last batch; return the answer.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``; empty if there is none of the batch's code.
        batch: The parsed batch.
    """
    counts = Counter()
    if not service:
        for line in _open(batch):
            line.fail("unknown_service", "Odoo has no active service of this code.")
    else:
        store = LineStore(env, service, batch.run)
        _complete(env, service, store, batch)
        _store(store, batch, counts)
        if batch.long_periods:
            counts[SETTLED] = store.settle(of_long_periods(batch.long_periods))
        if batch.final:
            counts[SETTLED] += store.close(batch.final)
    counts += Counter(line.outcome for line in batch.lines)
    names = (CREATED, UPDATED, UNCHANGED, FAILED, REOPENED, SETTLED)
    return {
        "batch": batch.key,
        "dry_run": batch.dry_run,
        "outcomes": [line.outcome for line in batch.lines],
        **{name: counts[name] for name in names},
        "rows": [line.answer() for line in batch.lines if line.code],
    }


def _open(batch: ReconciliationBatch) -> list[Line]:
    return [line for line in batch.lines if not line.outcome]


def _complete(env, service, store: LineStore, batch: ReconciliationBatch) -> None:
    """Add what Odoo knows of each line: currency, contact, order, first day; or fail it."""
    currencies = {
        currency.name: currency.id
        for currency in env["res.currency"].with_context(active_test=False).search([])
    }
    zone = company_zone(service.company_id)
    lines = _open(batch)
    contacts = store.contacts({line.values["customer"] for line in lines})
    subscriptions = {line.values["subscription"] for line in lines}
    orders = {key: ids for key, *ids in orders_of(service, subscriptions)}
    for line in lines:
        values = line.values
        currency_id = currencies.get(values.pop("currency"))
        if not currency_id:
            line.fail("unknown_currency", "Odoo has no currency of this code.")
            continue
        order_id, partner_id = orders.get(values["subscription"], (None, None))
        values |= {
            "currency_id": currency_id,
            "subscription_id": order_id,
            "partner_id": contacts.get(values["customer"], partner_id),
            "period": day_of(values["period_start"], zone),
            "cause_name": cause_name(values["cause"]),
        }


def _store(store: LineStore, batch: ReconciliationBatch, counts: Counter) -> None:
    """Write what is new or different; end every line."""
    lines = _open(batch)
    known = store.known([line.key for line in lines], (*_FIGURES, *_TOLD))
    new, changed, same = [], [], []
    for line in lines:
        stored = known.get(line.key)
        status = "delta" if line.values["wrong_side"] else "match"
        if not stored:
            line.values["status"] = status
            line.outcome = CREATED
            new.append(line)
            continue
        figures_stay = _figures(stored) == _figures(line.values)
        if stored["status"] == "resolved" and figures_stay:
            status = "resolved"
        line.values["status"] = status
        if figures_stay and all(stored[name] == line.values[name] for name in ("status", *_TOLD)):
            line.outcome = UNCHANGED
            same.append(stored["id"])
            continue
        line.outcome = UPDATED
        kind = "changed"
        if stored["status"] == "resolved" and status == "delta":
            kind = REOPENED
            line.code, line.message = REOPENED, "It was resolved, and its figures changed."
            counts[REOPENED] += 1
        changed.append((line, stored, kind))
    store.insert(new)
    store.update(changed)
    store.seen(same)


def _figures(values: dict) -> tuple:
    numbers = (values[name] for name in _NUMBERS)
    found = (None if text is None else Decimal(text) for text in numbers)
    return (values["outcome"], values["currency_id"], *found)
