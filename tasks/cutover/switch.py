"""Switch customers to live, bundle by bundle, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from prefect.utilities.annotations import quote

from tasks.backfill.read_lago import read_lago
from tasks.clients.odoo import cutover as odoo_cutover
from tasks.cutover.billed import (
    KeptOut,
    LeftToBill,
    PlannedSubscription,
    billed_by_lago,
    billed_by_nexacloud,
    switch_of,
)
from tasks.cutover.lago_boundary import lago_switches
from tasks.cutover.read_billed import nexacloud_rows
from tasks.cutover.records import (
    Blocked,
    Finished,
    Order,
    Returned,
    Sent,
    Switched,
    Switches,
    WayBack,
)
from tasks.model.errors import ConfigError, FusionError
from tasks.model.rows import cut
from tasks.run.batches import progress_bar
from tasks.run.doctor import NEXACLOUD, sources_of
from tasks.run.limits import odoo_calls
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings


@io_task("read-billed-until")
def planned_switches(cutover: str, service: str, as_of: datetime) -> Switches:
    """Give every planned subscription with the first days that Odoo is to bill.

    Until when the old side has billed is read there, now: it may have billed another period since
    the last import, or a subscription more, and then Odoo refuses that customer. What ended there
    since is still a draft in Odoo; it gets no days.
    """
    settings = load_settings()
    planned = _planned(odoo_cutover.planned_customers(settings.odoo(), cutover))
    if sources_of(settings).get(service) != NEXACLOUD:
        source = read_lago(service)
        days = lago_switches(planned, source, source.read_at)
        return Switches(days, billed_by_lago(source.subscriptions, KeptOut()))
    rows = nexacloud_rows(settings)
    left = {row["id"]: LeftToBill(row["started_at"], row["current_period_end"]) for row in rows}
    days = tuple(
        switch_of(each, left.get(each.subscription, LeftToBill()), as_of, settings.timezone)
        for each in planned
    )
    return Switches(days, billed_by_nexacloud(rows, KeptOut()))


def _planned(customers: Iterable[Mapping[str, Any]]) -> list[PlannedSubscription]:
    return [
        PlannedSubscription(
            customer["customer"],
            each["subscription"],
            "yearly" if each["cycle"] == "year" else "monthly",
        )
        for customer in customers
        for each in customer["subscriptions"]
    ]


@io_task("switch-bundle", run_name="switch-{wire[key]}", resumable=True)
def switch_bundle(wire: dict[str, Any]) -> list[Switched]:
    """Switch one bundle; sending it twice leaves each customer live once."""
    return _answers(odoo_cutover.switch(load_settings().odoo(), wire))


@io_task("return-bundle", run_name="return-{wire[key]}", resumable=True)
def return_bundle(wire: dict[str, Any]) -> list[Switched]:
    """Return one bundle to shadow; sending it twice leaves each customer in shadow once."""
    return _answers(odoo_cutover.roll_back(load_settings().odoo(), wire))


@io_task("check-rollback")
def check_rollback(service: str, customers: Sequence[str] | None) -> WayBack:
    """Ask Odoo who can return, and who cannot and why."""
    found = odoo_cutover.check_rollback(load_settings().odoo(), service, customers)
    blocked = (Blocked(row["customer"], row["code"], row["message"]) for row in found["rows"])
    return WayBack(found["returnable"], tuple(blocked))


@io_task("read-live-customers")
def live_customers(service: str) -> list[str]:
    """Give the customers of the service that Odoo bills."""
    return odoo_cutover.live_customers(load_settings().odoo(), service)


@io_task("finish-cutover")
def finish(cutover: str) -> Finished:
    """Close the cutover when everybody is live."""
    return Finished(**odoo_cutover.finish(load_settings().odoo(), cutover))


def switch_all(run: Run, switches: Switches, batch_customers: int) -> Sent:
    """Switch every customer."""
    by_customer: dict[str, dict[str, dict[str, str]]] = {}
    days = switches.days
    owed = {each.customer: dict(each.owed) for each in days if each.owed is not None}
    for each in days:
        theirs = by_customer.setdefault(each.customer, {})
        if each.flat_from:
            theirs[each.subscription] = {"flat": each.flat_from, "usage": each.usage_from}
    wires = (
        {
            "cutover": run.key,
            "key": f"{number:05d}",
            "dry_run": False,
            "customers": group,
            "billed_until": {
                subscription: day
                for customer in group
                for subscription, day in by_customer[customer].items()
            },
            "billed": {each: switches.billed.get(each, {}) for each in group},
            **({"opening_credits": {each: owed.get(each, {}) for each in group}} if owed else {}),
        }
        for number, group in enumerate(cut(by_customer, batch_customers), start=1)
    )
    return _send(run, wires, switch_bundle, len(by_customer))


def return_all(
    run: Run,
    service: str,
    customers: Sequence[str],
    order: Order,
    batch_customers: int,
) -> Sent:
    """Return every customer to shadow that can be."""
    wires = (
        {
            "service": service,
            "key": f"{run.key}-{number:05d}",
            "dry_run": False,
            "customers": group,
            "who": order.who,
            "reason": order.reason,
        }
        for number, group in enumerate(cut(customers, batch_customers), start=1)
    )
    return _send(run, wires, return_bundle, len(customers))


def _send(run: Run, wires: Iterator[dict[str, Any]], step: Callable[..., Any], number: int) -> Sent:
    """Send one bundle after the other: they share plans, and would wait for each other."""
    found: list[Switched] = []
    advance = progress_bar(f"{run.flow}-progress", number)
    with odoo_calls(1):
        for wire in wires:
            try:
                rows = step(quote(wire))
            except FusionError as error:
                return Sent(tuple(found), str(error))
            found += rows
            advance(len(rows))
    return Sent(tuple(found))


def _answers(answer: Mapping[str, Any]) -> list[Switched]:
    return [
        Switched(
            row["customer"],
            row["outcome"],
            row["code"] or None,
            row["message"] or None,
        )
        for row in answer["rows"]
    ]


def require_order(order: Order, *, dry_run: bool) -> Order:
    """Make sure that somebody orders the way back, unless it is only looked at.

    Raises:
        ConfigError: Nobody does, or gives no reason.
    """
    if not (dry_run or (order.who.strip() and order.reason.strip())):
        raise ConfigError("A rollback is put on record: say who orders it, and the reason.")
    return order


def roll_back(
    run: Run,
    service: str,
    customers: Sequence[str] | None,
    order: Order,
    batch_customers: int,
    *,
    dry_run: bool,
) -> Returned:
    """Return whoever can be; the others stay, each with the reason.

    Args:
        run: The run that the bundles belong to.
        service: Code of the service in Odoo.
        customers: External ids; None: all who are live.
        order: Who orders it, and why.
        batch_customers: Customers in one call to Odoo.
        dry_run: Only look who could.
    """
    with run.step("check"):
        found = check_rollback(service, customers)
        stay = {each.customer for each in found.blocked}
        wanted = customers if customers is not None else live_customers(service)
        able = [each for each in wanted if each not in stay]
    if dry_run or not able:
        return Returned(found, Sent())
    with run.step("return"):
        return Returned(found, return_all(run, service, able, order, batch_customers))
