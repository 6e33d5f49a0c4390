"""Charges whose prices depend on properties of events, told as Lago's apps tell them."""

from __future__ import annotations

ALL = "__ALL_FILTER_VALUES__"
REGIONS = {"key": "region", "values": ["eu", "us", "asia"]}
SIZES = {"key": "size", "values": ["s", "xl"]}


def standard(price: str) -> dict:
    return {"amount": price}


def priced(price: str, **values: list[str]) -> dict:
    return {"properties": standard(price), "values": values}


def charge_for(metric: dict, *filters: dict, **values) -> dict:
    told = {"billable_metric_id": metric["lago_id"], "charge_model": "standard"}
    return {**told, "properties": standard("1"), "filters": list(filters), **values}


def make_plan(api, code: str, *charges: dict) -> dict:
    terms = {"interval": "monthly", "amount_cents": 1000, "amount_currency": "CAD"}
    return api.made("/plans", "plan", name=code, code=code, charges=list(charges), **terms)


def subscribe(api, name: str) -> None:
    ids = {"external_customer_id": name, "external_id": name, "plan_code": name}
    api.made("/subscriptions", "subscription", **ids)


def send(api, name: str, *properties: dict) -> None:
    events = [
        {
            "transaction_id": f"{name}-{number}",
            "external_subscription_id": name,
            "code": name,
            "properties": one,
        }
        for number, one in enumerate(properties)
    ]
    status, body = api.call("POST", "/events/batch", {"events": events})
    assert status == 200, body


def usage(api, name: str, query: str = "", kind: str = "current") -> dict:
    path = f"/customers/{name}/{kind}_usage?external_subscription_id={name}{query}"
    status, body = api.call("GET", path)
    assert status == 200, body
    return body["customer_usage" if kind == "current" else "customer_projected_usage"]


def used(api, name: str) -> dict[str, tuple[str, int]]:
    """Return units and cents by the values of each filter; those of the rest by nothing."""
    (charge,) = usage(api, name)["charges_usage"]
    return {
        ",".join(text for _key, texts in sorted(one["values"].items()) for text in texts): (
            one["units"],
            one["amount_cents"],
        )
        for one in charge["filters"]
    }


def refusal(api, method: str, path: str, body: dict) -> dict:
    status, answer = api.call(method, path, body)
    assert status == 422, answer
    return answer["error_details"]


def listed(api, path: str) -> list[dict]:
    status, body = api.call("GET", path)
    assert status == 200, body
    assert body["meta"]["total_count"] == len(body["filters"])
    return body["filters"]
