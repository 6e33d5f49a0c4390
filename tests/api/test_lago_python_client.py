"""Lago's own client for Python, unmodified, through a customer's whole life."""

from __future__ import annotations

import time

import pytest
from lago_python_client import Client
from lago_python_client.exceptions import LagoApiError
from lago_python_client.models import (
    BatchEvent,
    BillableMetric,
    Charge,
    Charges,
    Customer,
    Event,
    Plan,
    Subscription,
    WebhookEndpoint,
)


@pytest.fixture
def lago(api) -> Client:
    return Client(api_key=api.key, api_url=api.url)


def code_of(error: pytest.ExceptionInfo[LagoApiError]) -> tuple[int, str | None]:
    return error.value.status_code, error.value.response.get("code")


def event(subscription: str, number: int, **properties) -> Event:
    return Event(
        transaction_id=f"{subscription}-{number}",
        external_subscription_id=subscription,
        code=f"{subscription}-calls",
        timestamp=int(time.time()),
        properties=properties,
    )


def test_a_customer_s_whole_life(lago: Client, unique: str) -> None:
    subscription = f"{unique}-desk"
    metric = lago.billable_metrics.create(
        BillableMetric(
            name="Calls",
            code=f"{subscription}-calls",
            aggregation_type="sum_agg",
            field_name="seconds",
        )
    )
    plan = lago.plans.create(
        Plan(
            name="Desk",
            code=f"{unique}-plan",
            interval="monthly",
            amount_cents=4900,
            amount_currency="CAD",
            pay_in_advance=False,
            charges=Charges(
                __root__=[
                    Charge(
                        billable_metric_id=metric.lago_id,
                        charge_model="package",
                        properties={"amount": "0.75", "package_size": 60, "free_units": 60},
                    )
                ]
            ),
        )
    )
    (charge,) = plan.charges.__root__
    assert (charge.billable_metric_code, charge.properties["amount"]) == (metric.code, "0.75")

    made = lago.customers.create(
        Customer(external_id=unique, name="Zoé Tremblay", email=f"{unique}@example.ca", city="Hull")
    )
    again = lago.customers.create(Customer(external_id=unique, city="Gatineau", country="CA"))
    assert again.lago_id == made.lago_id
    assert (again.name, again.city, again.country) == ("Zoé Tremblay", "Gatineau", "CA")

    started = lago.subscriptions.create(
        Subscription(external_customer_id=unique, plan_code=plan.code, external_id=subscription)
    )
    same = lago.subscriptions.create(
        Subscription(external_customer_id=unique, plan_code=plan.code, external_id=subscription)
    )
    assert (started.status, same.lago_id) == ("active", started.lago_id)

    taken = lago.events.create(event(subscription, 1, seconds=90))
    assert taken.transaction_id == f"{subscription}-1"
    with pytest.raises(LagoApiError) as refused:
        lago.events.create(event(subscription, 1, seconds=90))
    assert refused.value.response["error_details"] == {"transaction_id": ["value_already_exist"]}
    lago.events.batch_create(
        BatchEvent(events=[event(subscription, number, seconds="45.5") for number in (2, 3)])
    )
    assert lago.events.find(f"{subscription}-2").properties == {"seconds": "45.5"}

    usage = lago.customers.current_usage(unique, subscription)
    (used,) = usage.charges_usage
    # 181 seconds, 60 of them free: 3 packages begun, at 0.75; HST on it.
    assert (used.units, used.events_count, usage.amount_cents) == ("181.0", 3, 225)
    assert usage.total_amount_cents == usage.amount_cents + usage.taxes_amount_cents
    past = lago.customers.past_usage(unique, subscription)
    assert past["usage_periods"] == []

    ended = lago.subscriptions.destroy(subscription)
    assert ended.status == "terminated"
    with pytest.raises(LagoApiError) as gone:
        lago.customers.current_usage(unique, subscription)
    assert code_of(gone) == (405, "no_active_subscription")
    assert lago.customers.destroy(unique).external_id == unique
    with pytest.raises(LagoApiError) as deleted:
        lago.customers.find(unique)
    assert code_of(deleted) == (404, "customer_not_found")
    lago.plans.destroy(plan.code)
    assert lago.billable_metrics.destroy(metric.code).code == metric.code


def test_lists_come_in_pages_that_end(lago: Client, unique: str) -> None:
    names = [f"{unique}-{number}" for number in range(5)]
    for name in names:
        lago.customers.create(Customer(external_id=name))
    found, page = [], 1
    while page:
        answer = lago.customers.find_all({"page": page, "per_page": 2, "search_term": unique})
        found += [customer.external_id for customer in answer["customers"]]
        page = answer["meta"]["next_page"]
    assert sorted(found) == names
    assert answer["meta"] == {
        "current_page": 3,
        "next_page": None,
        "prev_page": 2,
        "total_pages": 3,
        "total_count": 5,
    }
    for listed in ("plans", "billable_metrics", "subscriptions", "invoices", "fees"):
        assert getattr(lago, listed).find_all({"per_page": 1})["meta"] is not None


def test_a_wrong_key_is_unauthorized(api) -> None:
    for key in ("wrong", f"{api.key}x", api.key[:-1], "fbk_"):
        with pytest.raises(LagoApiError) as refused:
            Client(api_key=key, api_url=api.url).customers.find_all()
        assert refused.value.status_code == 401
        assert refused.value.response == {"status": 401, "error": "Unauthorized"}


def test_an_unknown_id_is_not_found(lago: Client) -> None:
    for find, code in (
        (lago.customers.find, "customer_not_found"),
        (lago.subscriptions.find, "subscription_not_found"),
        (lago.plans.find, "plan_not_found"),
        (lago.billable_metrics.find, "billable_metric_not_found"),
        (lago.invoices.find, "invoice_not_found"),
        (lago.events.find, "event_not_found"),
    ):
        with pytest.raises(LagoApiError) as missing:
            find("nobody")
        assert code_of(missing) == (404, code)


def test_a_bad_body_says_what_is_wrong(lago: Client, unique: str) -> None:
    with pytest.raises(LagoApiError) as refused:
        lago.plans.create(Plan(name="No price", code=unique, interval="daily"))
    assert code_of(refused) == (422, "validation_errors")
    assert refused.value.response["error_details"] == {
        "interval": ["value_is_invalid"],
        "amount_cents": ["value_is_mandatory"],
        "amount_currency": ["value_is_mandatory"],
    }


def test_subscriptions_of_every_status_are_listed_on_request(lago: Client, unique: str) -> None:
    plans = [
        lago.plans.create(
            Plan(
                name=name,
                code=f"{unique}-{name}",
                interval="monthly",
                amount_cents=price,
                amount_currency="CAD",
            )
        ).code
        for name, price in (("small", 1000), ("big", 9000))
    ]

    def subscribe(plan: str, **values) -> object:
        return lago.subscriptions.create(
            Subscription(
                external_customer_id=unique, external_id=f"{unique}-s", plan_code=plan, **values
            )
        )

    subscribe(plans[0])
    upgraded = subscribe(plans[1])
    assert (upgraded.plan_code, upgraded.previous_plan_code) == (plans[1], plans[0])
    downgraded = subscribe(plans[0])
    assert (downgraded.plan_code, downgraded.next_plan_code) == (plans[1], plans[0])
    assert downgraded.downgrade_plan_date

    def listed(*statuses: str) -> list[tuple[str, str]]:
        options = {"external_customer_id": unique}
        if statuses:
            options["status[]"] = list(statuses)
        found = lago.subscriptions.find_all(options)["subscriptions"]
        return [(one.status, one.plan_code) for one in found]

    assert listed() == [("active", plans[1])]
    assert listed("pending", "terminated") == [("pending", plans[0]), ("terminated", plans[0])]
    lago.subscriptions.destroy(f"{unique}-s")
    assert listed("pending", "active") == []


def test_webhook_endpoints_and_their_key(lago: Client, unique: str) -> None:
    made = lago.webhook_endpoints.create(
        WebhookEndpoint(webhook_url=f"https://{unique}.example.com/hook", signature_algo="hmac")
    )
    found = lago.webhook_endpoints.find(made.lago_id)
    assert (found.webhook_url, found.signature_algo) == (made.webhook_url, "hmac")
    changed = lago.webhook_endpoints.update(
        WebhookEndpoint(webhook_url=f"https://{unique}.example.com/other"), made.lago_id
    )
    assert changed.webhook_url.endswith("/other")
    assert lago.webhook_endpoints.destroy(made.lago_id).lago_id == made.lago_id
    assert b"BEGIN PUBLIC KEY" in lago.webhooks.public_key()
