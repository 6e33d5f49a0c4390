"""Read what the sources' own rows say: what is due by their terms, and of whom."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.clients.lago.connection import Lago
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.model.lago import LagoPlan, LagoSubscription
from tasks.model.lago_billed import FINALIZED, LagoBilling
from tasks.model.ledger import LEDGER_SCHEMA, ledger_frame
from tasks.model.source import ENDED_STATUSES, LIVE_STATUSES
from tasks.reconcile.expected.lago import LagoTerms, expected_ledger
from tasks.reconcile.expected.read_nexacloud import nexacloud_expected
from tasks.reconcile.long_periods import SPANS_SCHEMA, LongSide, bounds_of, of_spans
from tasks.reconcile.pages import on_its_own
from tasks.reconcile.read_nexacloud import BATCH_ROWS, rows_of
from tasks.reconcile.source import CUSTOMERS_SCHEMA, SUBSCRIPTIONS_SCHEMA, Source, joined, of_pages
from tasks.reconcile.window import ReconcileWindow

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_ACTIVE, _ENDED = "active", ("terminated", "canceled")
#: Why a row was kept out, by table (without the system's name before it) and id.
KeptOut = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the terms are asked for.

    Attributes:
        window: What starts in it is compared, and some around it.
        as_of: What is not over by then is not due in arrears.
        spans: Periods longer than a month that are asked for too (``long_periods.SPANS_SCHEMA``).
    """

    window: ReconcileWindow
    as_of: datetime
    spans: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SPANS_SCHEMA))


def nexacloud_source(
    source: NexaCloud,
    service: str,
    asked: Asked,
    zone: ZoneInfo,
    kept_out: KeptOut,
) -> tuple[Source, LongSide]:
    """Read NexaCloud's side of it inside an entered snapshot.

    Args:
        source: NexaCloud.
        service: Code of the service.
        asked: What is compared.
        zone: The company's time zone.
        kept_out: See ``read_kept_out``.

    Returns:
        What is due in the window and known of whom, and what is due of the long periods.
    """
    as_of = asked.as_of
    due = nexacloud_expected(source, service, asked.window, zone, as_of=as_of, spans=asked.spans)
    deleted = {
        row["id"]: row["deleted_at"] or as_of
        for row in _rows(source, "deployments", "id", "status", "deleted_at")
        if row["deleted_at"] is not None or row["status"] == "deleted"
    }
    columns = (
        "id", "user_id", "deployment_id", "plan_id", "status", "started_at", "current_period_end",
        "canceled_at",
    )  # fmt: skip
    subscriptions = [
        (service, row["id"], *_life(row, deleted), _why(row, kept_out))
        for row in _rows(source, "subscriptions", *columns)
    ]
    customers = [
        (service, row["id"], row["country_code"], row["region"], None)
        for row in _rows(source, "users", "id", "country_code", "region")
    ]
    code = pl.col("currency").str.strip_chars().str.to_uppercase()
    long = replace(due.long, expected=due.long.expected.with_columns(currency=code))
    told = Source(
        due.lines.with_columns(currency=code),
        frozenset(),
        due.left_out,
        pl.DataFrame(subscriptions, schema=SUBSCRIPTIONS_SCHEMA, orient="row"),
        pl.DataFrame(customers, schema=CUSTOMERS_SCHEMA, orient="row"),
    )
    return told, long


def still_running(
    subscriptions: Iterable[LagoSubscription], going_on: frozenset[str]
) -> list[LagoSubscription]:
    """Let the last subscription under each of these external ids run on, as Odoo bills it.

    Lago has ended it at the switch; an end that was agreed for later stays. Those before it had
    their end by a change of plan, or by leaving and coming back, and keep it.
    """
    subscriptions = list(subscriptions)
    last: dict[tuple[str, str], datetime] = {}
    for each in subscriptions:
        if each.started_at and each.external_id in going_on:
            name = each.customer, each.external_id
            last[name] = max(each.started_at, last.get(name, each.started_at))
    return [
        replace(each, ended_at=None, ending_at=_agreed_later(each))
        if each.started_at and last.get((each.customer, each.external_id)) == each.started_at
        else each
        for each in subscriptions
    ]


def _agreed_later(subscription: LagoSubscription) -> datetime | None:
    """Give the end that was agreed for a time after the switch."""
    agreed, switched = subscription.ending_at, subscription.ended_at
    return agreed if agreed and (switched is None or agreed > switched) else None


def lago_source(
    lago: Lago,
    services: Sequence[str],
    billing: LagoBilling,
    asked: Asked,
    *,
    kept_out: KeptOut,
    going_on: frozenset[str] = frozenset(),
    keep: Callable[[Source], Source] = lambda told: told,
) -> tuple[Source, pl.DataFrame]:
    """Read Lago's side of it, of the services that have no other source.

    Args:
        lago: Lago.
        services: Their codes.
        billing: All that it billed.
        asked: What is compared.
        kept_out: See ``read_kept_out``.
        going_on: External ids of what Odoo bills now: its end in Lago was the switch.
        keep: Is told what each page of customers says, and gives what of it is returned: all.

    Returns:
        What is due in the window and known of whom, and what is due of the long periods.
    """
    window, spans = asked.window, asked.spans
    bounds = [window.read_from, window.read_until, *(bounds_of(spans) if spans.height else ())]
    in_window = pl.col("period_start").is_between(window.read_from, window.read_until, "left")
    long = [pl.DataFrame(schema=LEDGER_SCHEMA)]
    customers = billing.divided((each.external_id, each) for each in lago.customers())
    everybody = {each.external_id for each in customers}
    subscriptions = billing.divided((each.customer, each) for each in lago.subscriptions())
    zones = {entity.code: entity.zone for entity in lago.entities()}
    plans = {plan.code: plan for plan in lago.plans()}
    listed = {plan.lago_id for plan in plans.values()}
    found: dict[str, list[Source]] = {service: [] for service in services}
    pages = zip(billing.pages(), customers.pages(), subscriptions.pages(), strict=True)
    for billed, people, theirs in pages:
        whose = {
            each.external_id: each
            for each in people
            # A partner's invoices are bills that the service owes.
            if each.service in services and not each.is_partner
        }
        homes = {key: each.service for key, each in whose.items()}
        homes |= _deleted(billed, everybody, services)
        places = {
            key: (whose[key].zone if key in whose else None) or zones.get(service) or "UTC"
            for key, service in homes.items()
        }
        mine = still_running([each for each in theirs if each.customer in homes], going_on)
        own = {
            each.lago_id: plan
            for each in mine
            if each.status == _ACTIVE and (plan := lago.own_plan_of(each.external_id, listed))
        }
        for service, told in found.items():
            sold = tuple(each for each in mine if homes[each.customer] == service)
            due = expected_ledger(
                service,
                LagoTerms(sold, plans, own, places),
                billed,
                since=min(bounds),
                until=max(bounds),
                as_of=asked.as_of,
            )
            lines = ledger_frame(due.lines)
            long.append(on_its_own(of_spans(lines, spans)))
            rows = [
                (service, key, each.country_code, each.region, None)
                for key, each in whose.items()
                if each.service == service
            ]
            page = Source(
                lines.filter(in_window),
                frozenset({service} if due.unpriced else ()),
                subscriptions=lago_lives(service, sold, plans | own, kept_out),
                customers=pl.DataFrame(rows, schema=CUSTOMERS_SCHEMA, orient="row"),
                not_final=_not_final(service, billed),
            )
            told.append(keep(page))
    unreadable = frozenset(
        (service, each.customer) for service in services for each in billing.unreadable
    )
    whole = replace(joined([of_pages(told) for told in found.values()]), unreadable=unreadable)
    return whole, pl.concat(long)


def _not_final(
    service: str, billing: LagoBilling
) -> dict[tuple[str, str, datetime], tuple[str, str]]:
    """Tell of a service's prices that stand on an invoice which is no bill; see ``Source``."""
    open_ones = {
        each.lago_id: (each.number, each.status)
        for each in billing.invoices
        if each.service == service and each.status != FINALIZED
    }
    return {
        (service, fee.subscription, fee.start): open_ones[fee.invoice]
        for fee in billing.fees
        if fee.kind == "subscription" and fee.invoice in open_ones
    }


def _deleted(
    billing: LagoBilling, listed: Container[str], services: Container[str]
) -> dict[str, str]:
    """Give the service of customers whom Lago has deleted: their invoices tell it alone."""
    return {
        invoice.customer: invoice.service
        for invoice in billing.invoices
        if invoice.is_revenue
        and invoice.service in services
        and invoice.customer
        and invoice.customer not in listed
    }


def read_kept_out(reports: Path, service: str) -> dict[tuple[str, str], str]:
    """Read why the last copy of a service kept rows out, from its report, if it is here.

    Args:
        reports: Folder of all reports.
        service: Code of the service.
    """
    folder = reports / "backfill" / "latest"
    try:
        about = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        if about.get("service") != service:
            return {}
        with (folder / "quarantine.csv").open(encoding="utf-8", newline="") as stream:
            return {
                (row["table"].removeprefix("lago_"), row["source_id"]): row["rule_in_words"]
                for row in csv.DictReader(stream)
            }
    except (OSError, ValueError, KeyError, AttributeError):
        # The copy was made elsewhere: then nobody here knows.
        return {}


def _life(
    row: Mapping[str, Any], deleted: Mapping[str, datetime]
) -> tuple[datetime | None, datetime | None]:
    """Say when a subscription of NexaCloud ended, and since when it runs; one of them at most."""
    started = row["started_at"] or _LONG_AGO
    gone = deleted.get(row["deployment_id"] or "")
    if row["status"] in ENDED_STATUSES:
        over = row["canceled_at"] or row["current_period_end"] or started
        return min(filter(None, (gone, over))), None
    if gone and row["status"] in LIVE_STATUSES:
        return gone, None
    return None, started


def _why(row: Mapping[str, Any], kept_out: KeptOut) -> str:
    """Name the rule that kept a subscription, or what it needs, out."""
    needs = (
        ("subscriptions", row["id"]),
        ("deployments", row["deployment_id"]),
        ("plans", row["plan_id"]),
        ("users", row["user_id"]),
    )
    return next((kept_out[key] for key in needs if key in kept_out), "")


def lago_lives(
    service: str,
    subscriptions: Iterable[LagoSubscription],
    plans: Mapping[str, LagoPlan],
    kept_out: KeptOut,
) -> pl.DataFrame:
    """Tell of each external id when those ended that had it, and since when one runs.

    Args:
        service: Code of the service.
        subscriptions: Its.
        plans: By code; those of one subscription alone by its Lago id.
        kept_out: See ``read_kept_out``. What a subscription needs is told before that it lacks it.
    """
    told: dict[str, tuple[datetime | None, datetime | None, str]] = {}
    for each in sorted(subscriptions, key=lambda each: each.lago_id):
        ended, live, why = told.get(each.external_id, (None, None, ""))
        if each.status in _ENDED and each.ended_at:
            ended = max(filter(None, (ended, each.ended_at)))
        elif each.status == _ACTIVE and each.started_at:
            live = each.started_at
        sold = plans.get(each.lago_id) or plans.get(each.plan_code)
        keys = (
            ("plans", sold.lago_id if sold else ""),
            ("users", each.customer),
            ("subscriptions", each.lago_id),
        )
        why = why or next((kept_out[key] for key in keys if key in kept_out), "")
        told[each.external_id] = ended, live, why
    rows = [(service, name, *facts) for name, facts in told.items()]
    return pl.DataFrame(rows, schema=SUBSCRIPTIONS_SCHEMA, orient="row")


def _rows(source: NexaCloud, table: str, *columns: str) -> Iterator[dict[str, Any]]:
    return rows_of(source.stream(table, columns=columns, batch_rows=BATCH_ROWS))
