"""Subscriptions over time: plans change, changes are taken back, and ends are kept."""

from __future__ import annotations

import pytest

END = "2127-12-31T00:00:00Z"


@pytest.fixture
def plans(api, unique: str) -> tuple[str, str]:
    """Codes of a cheap and of a dear plan."""
    codes = f"{unique}-small", f"{unique}-big"
    for code, price in zip(codes, (1000, 9000), strict=True):
        make_plan(api, code, price)
    return codes


def make_plan(api, code: str, price: int) -> None:
    terms = {"interval": "monthly", "amount_cents": price, "amount_currency": "CAD"}
    api.made("/plans", "plan", name=code, code=code, **terms)


def test_a_plan_that_does_not_say_when_it_is_paid_is_paid_in_arrears(api, unique: str) -> None:
    terms = {"interval": "monthly", "amount_cents": 100, "amount_currency": "CAD"}
    made = api.made("/plans", "plan", name=unique, code=unique, pay_in_advance=None, **terms)
    assert made["pay_in_advance"] is False
    subscribe(api, unique, unique, billing_time="anniversary")
    domain = [("x_fc_external_id", "=", unique)]
    fields = ["start_date", "next_invoice_date"]
    (order,) = api.odoo.execute("sale.order", "search_read", domain, fields)
    assert order["next_invoice_date"] > order["start_date"]


def subscribe(api, subscription: str, plan: str, customer: str | None = None, **values) -> dict:
    ids = {"external_customer_id": customer or subscription, "external_id": subscription}
    return api.made("/subscriptions", "subscription", plan_code=plan, **ids, **values)


def found(api, subscription: str, query: str = "") -> dict:
    status, body = api.call("GET", f"/subscriptions/{subscription}{query}")
    assert status == 200, body
    return body["subscription"]


def figures(subscription: dict) -> tuple:
    return tuple(subscription[name] for name in ("plan_code", "ending_at", "next_plan_code"))


@pytest.mark.parametrize("ending", [None, END])
def test_downgrade_that_is_taken_back_leaves_the_subscription_as_it_was(
    api, unique: str, plans, ending
) -> None:
    small, big = plans
    subscribe(api, unique, big, ending_at=ending)
    assert figures(subscribe(api, unique, small)) == (big, ending, small)
    # The plan that it is on, once more, changes nothing.
    assert figures(subscribe(api, unique, big)) == (big, ending, small)

    status, body = api.call("DELETE", f"/subscriptions/{unique}?status=pending")
    assert (status, body["subscription"]["status"]) == (200, "canceled")
    assert figures(found(api, unique)) == (big, ending, None)


def test_the_end_goes_on_to_the_next_plan(api, unique: str, plans) -> None:
    small, big = plans
    subscribe(api, unique, small, ending_at=END)
    assert figures(subscribe(api, unique, big)) == (big, END, None)
    subscribe(api, unique, small)
    assert found(api, unique, "?status=pending")["ending_at"] == END


def test_change_of_a_subscription_that_is_about_to_be_another_plan_s(api, unique, plans) -> None:
    small, big = plans
    subscribe(api, unique, big)
    subscribe(api, unique, small)
    changes = {"subscription": {"name": "renamed", "ending_at": END}}
    status, body = api.call("PUT", f"/subscriptions/{unique}", changes)
    changed = body["subscription"]
    assert (status, changed["status"], changed["name"]) == (200, "active", "renamed")
    coming = found(api, unique, "?status=pending")
    assert coming["ending_at"] == END
    # The old plan still ends where the new one begins: none of the time is billed twice.
    fields = ["x_fc_ending_at", "x_fc_subscribed_at"]
    domain = [("x_fc_nexacloud_subscription_id", "=", unique)]
    old, new = api.odoo.execute("sale.order", "search_read", domain, fields, 0, 0, "id")
    assert old["x_fc_ending_at"] == new["x_fc_subscribed_at"]


def test_what_is_over_does_not_end_again_nor_change(api, unique: str, plans) -> None:
    subscribe(api, unique, plans[0])
    _status, ended = api.call("DELETE", f"/subscriptions/{unique}")
    path = f"/subscriptions/{unique}?status=terminated"
    assert api.call("DELETE", path)[0] == 404
    assert api.call("PUT", path, {"subscription": {"ending_at": END}})[0] == 404
    assert found(api, unique, "?status=terminated") == ended["subscription"]


def test_ids_that_look_like_numbers_of_another_are_subscriptions_of_their_own(
    api, unique: str, plans
) -> None:
    small, big = plans
    subscribe(api, unique, small)
    upgraded = subscribe(api, unique, big)
    other = subscribe(api, f"{unique}/2", small, customer=f"{unique}-other")
    assert other["external_customer_id"] == f"{unique}-other"
    assert found(api, unique)["lago_id"] == upgraded["lago_id"] != other["lago_id"]


def test_invoices_begin_with_a_subscription_whose_begin_is_moved(api, unique: str, plans) -> None:
    subscribe(api, unique, plans[0], subscription_at="2127-03-01T12:00:00Z")
    moved = {"subscription": {"subscription_at": "2127-09-01T12:00:00Z"}}
    assert api.call("PUT", f"/subscriptions/{unique}", moved)[0] == 200
    (order,) = api.odoo.execute(
        "sale.order",
        "search_read",
        [("x_fc_external_id", "=", unique)],
        ["start_date", "next_invoice_date"],
    )
    assert (order["start_date"], order["next_invoice_date"]) == ("2127-09-01", "2127-10-01")


def test_a_plan_that_runs_keeps_its_interval(api, unique: str, plans) -> None:
    """Its monthly subscriptions would be charged a year's price each month."""
    small, big = plans
    subscribe(api, unique, small)
    yearly = {"plan": {"interval": "yearly", "amount_cents": 12000}}
    status, body = api.call("PUT", f"/plans/{small}", yearly)
    assert (status, body["error_details"]) == (422, {"interval": ["not_supported"]})
    status, body = api.call("PUT", f"/plans/{big}", yearly)
    assert (status, body["plan"]["interval"]) == (200, "yearly")
