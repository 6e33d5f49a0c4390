"""The watch on the real stack: before anybody is live, nobody falls between unseen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tasks.watch.read import read_decisions


def test_before_the_switch_nobody_is_watched_and_whoever_is_not_compared_is_named(world):
    from flows.watch import watch

    world.run()
    state = watch(return_state=True)
    assert state.name == "WatchFoundTrouble", state.message
    said = world.report("watch")
    assert (said["watched"], said["compared"], said["lines"]) == (0, 0, 0)
    links = {key for (key,) in world.sql("SELECT external_id FROM fusion_billing_account_link")}
    assert links <= said["neither"].keys()
    # What a manager decided about a customer is read with the flows' own rights.
    (service, currency) = world.sql(
        "SELECT s.id, c.currency_id FROM fusion_billing_service s"
        " JOIN res_company c ON c.id = s.company_id WHERE s.code = 'nexacloud'"
    )[0]
    until = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"
    decision = {
        "service_id": service,
        "scope": "customer",
        "customer": min(links),
        "currency_id": currency,
        "max_amount": 7.25,
        "expires_on": until,
        "reason": "Agreed on the telephone.",
    }
    world.rpc().execute_kw("fusion.billing.decision", "create", [decision])
    (read,) = read_decisions("nexacloud")
    assert (read.scope, read.value, read.most) == ("customer", min(links), Decimal("7.25"))
    assert read.currency == "CAD"
    assert read.said.endswith(f", until {until}: Agreed on the telephone.")
    assert watch(return_state=True).name == "WatchFoundTrouble"
    folder = world.reports / "watch" / "latest"
    assert all((folder / name).stat().st_size for name in ("index.html", "reconciliation.xlsx"))
