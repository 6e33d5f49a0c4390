"""The OpenAPI document is what the API does: requests made from it, at random, break nothing."""

from __future__ import annotations

import json
import urllib.request
from urllib.parse import quote
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
#: Of each operation, both right and wrong: some 1,000 requests, and some 10,000 when it soaks.
FEW, MANY = 3, 32


@pytest.fixture(scope="module")
def schema(api):
    with urllib.request.urlopen(f"{api.url}/api/v1/openapi.json") as answer:
        return schemathesis.openapi.from_dict(json.load(answer))


@pytest.fixture(scope="module")
def known(api) -> dict[str, str]:
    """Ids that are there, so that not every random request ends in a 404."""
    name = f"known/id é {uuid4().hex[:6]}"
    metric = api.made(
        "/billable_metrics",
        "billable_metric",
        name=name,
        code=name,
        aggregation_type="sum_agg",
        field_name="n",
        filters=[{"key": "region", "values": ["eu", "us"]}],
    )
    charge = {
        "billable_metric_id": metric["lago_id"],
        "charge_model": "graduated",
        "properties": {
            "graduated_ranges": [
                {"from_value": 0, "to_value": 10, "per_unit_amount": "1", "flat_amount": "0"},
                {"from_value": 11, "to_value": None, "per_unit_amount": "0.5", "flat_amount": "2"},
            ]
        },
    }
    charge["filters"] = [{"properties": charge["properties"], "values": {"region": ["eu"]}}]
    api.made(
        "/plans",
        "plan",
        name=name,
        code=name,
        interval="monthly",
        amount_cents=100,
        amount_currency="CAD",
        charges=[charge],
    )
    ids = {"external_customer_id": name, "external_id": name, "plan_code": name}
    api.made("/subscriptions", "subscription", subscription_at="2026-01-15T12:00:00Z", **ids)
    api.made(
        "/events",
        "event",
        transaction_id=name,
        external_subscription_id=name,
        code=name,
        properties={"n": 12},
    )
    tax = {"name": name, "code": name, "rate": "5"}
    api.made("/taxes", "tax", **tax)
    add_on = {"name": name, "code": name, "amount_cents": 5, "amount_currency": "CAD"}
    api.made("/add_ons", "add_on", **add_on)
    fixed = {"add_on_code": name, "charge_model": "standard", "properties": {"amount": "1"}}
    status, body = api.call(
        "POST", f"/plans/{quote(name, safe='')}/fixed_charges", {"fixed_charge": fixed}
    )
    assert status == 200, body
    coupon = {
        "name": name,
        "code": name,
        "coupon_type": "percentage",
        "percentage_rate": "5",
        "frequency": "forever",
        "expiration": "no_expiration",
    }
    api.made("/coupons", "coupon", **coupon)
    given = {"external_customer_id": name, "coupon_code": name}
    applied = api.made("/applied_coupons", "applied_coupon", **given)
    told = {"external_customer_id": name, "code": name, "rate_amount": "1", "currency": "CAD"}
    wallet = api.made("/wallets", "wallet", **told, granted_credits="5")
    path = f"/wallets/{wallet['lago_id']}/wallet_transactions"
    (movement,) = api.call("GET", path)[1]["wallet_transactions"]
    fees = [{"add_on_code": name}]
    invoice = api.made("/invoices", "invoice", external_customer_id=name, fees=fees)
    endpoint = api.made(
        "/webhook_endpoints", "webhook_endpoint", webhook_url=f"https://{uuid4().hex}.example.com"
    )
    of_charge = f"/plans/{quote(name, safe='')}/charges/{quote(name, safe='')}/filters"
    (part,) = api.call("GET", of_charge)[1]["filters"]
    return {
        **dict.fromkeys(NAMED, name),
        "filter_id": part["lago_id"],
        "applied_coupon_id": applied["lago_id"],
        "lago_id of webhook_endpoints": endpoint["lago_id"],
        "lago_id of wallets": wallet["lago_id"],
        "lago_id of wallet_transactions": movement["lago_id"],
        "lago_id of invoices": invoice["lago_id"],
        "lago_id of fees": invoice["fees"][0]["lago_id"],
        "billable_metric_id": metric["lago_id"],
        "add_on_id": api.call("GET", "/add_ons")[1]["add_ons"][0]["lago_id"],
        "wallet_id": wallet["lago_id"],
        "invoice_id": invoice["lago_id"],
        "amount_currency": "CAD",
        "currency": "CAD",
    }


def refused(schema) -> bool:
    """Tell whether some part of a body's schema is never taken."""
    if isinstance(schema, list):
        return any(map(refused, schema))
    if not isinstance(schema, dict):
        return False
    said = str(schema.get("description", ""))
    return said.startswith("Not supported") or any(map(refused, schema.values()))


def test_an_operation_that_refuses_something_says_that_it_is_done_in_part(api) -> None:
    with urllib.request.urlopen(f"{api.url}/api/v1/openapi.json") as answer:
        document = json.load(answer)
    silent = [
        (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if refused(operation.get("requestBody")) and "description" not in operation
    ]
    assert not silent


#: What routes and bodies name by a code that the app chose.
NAMED = (
    "external_id",
    "external_customer_id",
    "external_subscription_id",
    "code",
    "transaction_id",
    "charge_code",
    "fixed_charge_code",
    "wallet_code",
    "add_on_code",
    "coupon_code",
    "plan_code",
    "key",
)
RELATIONS = (
    "billable_metric_id",
    "add_on_id",
    "add_on_code",
    "coupon_code",
    "external_customer_id",
    "wallet_id",
    "invoice_id",
    "plan_code",
    "amount_currency",
    "currency",
)


def operations(schema) -> list:
    return [result.ok() for result in schema.get_all_operations()]


def with_known(body, known: dict[str, str]):
    """Return a body in which what names other things names such as are there."""
    if isinstance(body, list):
        return [with_known(one, known) for one in body]
    if not isinstance(body, dict):
        return body
    return {
        name: known[name] if name in RELATIONS else with_known(value, known)
        for name, value in body.items()
    }


def check_operation(
    api, operation, mode: GenerationMode, known: dict[str, str], examples: int
) -> None:
    """Send random requests of one route, half of them about what is there."""
    headers = {"Authorization": f"Bearer {api.key}"}

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), hit=st.booleans())
    def check(case, hit) -> None:
        if hit and operation.method != "delete":
            for name in case.path_parameters or {}:
                about = operation.path.split("/")[1]
                value = known.get(f"{name} of {about}") or known.get(name, "none")
                case.path_parameters[name] = quote(value, safe="")
            case.body = with_known(case.body, known)
        case.call_and_validate(base_url=f"{api.url}/api/v1", headers=headers, checks=CHECKS)

    check()


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.soak, id="soak")])
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_random_requests_end_as_the_document_says(api, schema, known, mode, examples) -> None:
    faults = []
    for operation in operations(schema):
        try:
            check_operation(api, operation, mode, known, examples)
        except Unsatisfiable:
            # Nothing about this route can be wrong.
            assert mode is GenerationMode.NEGATIVE
        except (FailureGroup, Failure) as fault:
            fault.add_note(f"{operation.method.upper()} {operation.path}")
            faults.append(fault)
    if faults:
        raise ExceptionGroup(f"{len(faults)} routes do not do what the document says", faults)
    assert "Traceback" not in api.log()
