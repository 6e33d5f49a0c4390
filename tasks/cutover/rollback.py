"""The way back: live customers to shadow, as long as nothing was posted for them."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.cutover.records import Order, Returned, Sent
from tasks.cutover.switch import check_rollback, live_customers, return_all
from tasks.model.errors import ConfigError
from tasks.run.run import Run


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
