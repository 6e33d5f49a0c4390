"""One batch of usage, from the wire to the answer."""

from collections import Counter
from decimal import Decimal

from odoo import fields

from odoo.addons.fusion_centralize_billing.loader.row import CREATED, FAILED, UNCHANGED, UPDATED
from odoo.addons.fusion_centralize_billing.periods.calendar import period_at

from .batch import UsageBatch, UsageRow
from .store import Change, UsageStore, find_changes
from .subscriptions import each_order, find_subscriptions
from .thresholds import raise_thresholds
from .turns import touch

_OUT_OF_PERIOD = (
    "out_of_period",
    "It lies outside one billing period: "
    "check the subscription's start and the company's time zone.",
)


def load_usage(env, service, batch: UsageBatch) -> Counter:
    """Give every row of the batch its outcome, and return how often each occurs.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``; empty if there is none of the batch's code.
        batch: The parsed batch.
    """
    if service:
        subscriptions = find_subscriptions(env, service, {row.external_id for row in batch.rows})
        metrics = env["fusion.billing.metric"]._by_code(service)
        _resolve(batch.rows, subscriptions, metrics)
        _sort_out_repeats(batch.rows)
        _store(env, service, batch, subscriptions)
    else:
        for row in _open(batch.rows):
            row.fail("unknown_service", "Odoo has no active service of this code.")
    return Counter(row.outcome for row in batch.rows)


def _open(rows: list[UsageRow]) -> list[UsageRow]:
    return [row for row in rows if not row.outcome]


def _resolve(rows: list[UsageRow], subscriptions: dict, metrics: dict) -> None:
    """Find each row's subscription, metric and billing period, or fail it."""
    now = fields.Datetime.now()
    for row in _open(rows):
        subscription = subscriptions.get(row.external_id)
        if subscription and row.period_start:
            subscription = subscription.at(row.period_start)
        metric = metrics.get(row.metric)
        if not subscription:
            row.fail(
                "unknown_subscription",
                "No order of the service has this id: load the subscription first.",
            )
        elif not metric:
            row.fail("unknown_metric", f"Odoo has no active metric '{row.metric[:60]}'.")
        elif row.period_start > now:
            row.fail("future_period", "The period lies in the future.")
        elif not subscription.calendar:
            row.fail(
                "period_invalid",
                "The order has no start date, so no billing periods.",
            )
        else:
            row.subscription_id, row.metric_id = subscription.id, metric.id
            row.billing = period_at(subscription.calendar, row.period_start)
            if not row.billing or row.period_end > row.billing[1]:
                row.billing, row.outside = (row.period_start, row.period_end), True
                # What was loaded before the periods moved can still be taken back.
                if Decimal(row.quantity):
                    row.fail(*_OUT_OF_PERIOD)


def _sort_out_repeats(rows: list[UsageRow]) -> None:
    """End every row whose key came before in the batch: the same fact, or a contradiction."""
    seen: dict[tuple, UsageRow] = {}
    for row in _open(rows):
        first = seen.setdefault((row.subscription_id, row.metric_id, row.key), row)
        if first is row:
            continue
        if (first.period_start, first.period_end, first.quantity) == (
            row.period_start,
            row.period_end,
            row.quantity,
        ):
            row.outcome = UNCHANGED
        else:
            row.fail(
                "duplicate_key",
                f"Row {first.index} of the batch has the same key with other values.",
            )


def _store(env, service, batch: UsageBatch, subscriptions: dict) -> None:
    """Write what is new or different; end every row."""
    rows = _open(batch.rows)
    changes = find_changes(env, rows)
    new, corrected, late = [], [], []
    for row in rows:
        stored = changes.get(row.index)
        if not stored:
            row.outcome = UNCHANGED
        elif stored.rating_state == "billed":
            row.fail(
                "period_billed",
                "Its billing period is already billed: credit it by hand if it must change.",
            )
        elif stored.usage_id and stored.other_period:
            row.fail("duplicate_key", "The key stands for another period already.")
        elif row.outside and not stored.usage_id:
            row.fail(*_OUT_OF_PERIOD)
        elif stored.usage_id:
            row.outcome = UPDATED
            row.code, row.message = _told(row, stored)
            corrected.append((row, stored))
        else:
            row.outcome = CREATED
            new.append(row)
            if stored.rating_state:
                row.code, row.message = "late", "Its period was rated before it came."
                late.append(row)
    changed = [*new, *(row for row, _stored in corrected)]
    live = {found.id for found in each_order(subscriptions.values()) if found.live}
    touch(env, sorted({row.subscription_id for row in changed} & live))
    store = UsageStore(service, batch.run)
    store.insert(new)
    store.correct(corrected)
    store.note_late(late)
    raise_thresholds(env, service, changed, subscriptions)


def _told(row: UsageRow, stored: Change) -> tuple[str, str]:
    if stored.same_quantity:
        return "period_moved", "The billing period that it belongs to is another one now."
    return "corrected", f"{stored.quantity} was replaced by {row.quantity}."


def answer(batch: UsageBatch, counts: Counter) -> dict:
    """Return counts, every row's outcome in order, and a line for each that has a note."""
    return {
        "batch": batch.key,
        "dry_run": batch.dry_run,
        "outcomes": [row.outcome for row in batch.rows],
        **{name: counts[name] for name in (CREATED, UPDATED, UNCHANGED, FAILED)},
        "rows": [row.answer() for row in batch.rows if row.code],
    }
