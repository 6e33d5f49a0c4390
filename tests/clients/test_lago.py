"""The door to Lago against the sandbox: everything, exactly, or an error that says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from lago_python_client.client import Client
from pydantic.v1 import ValidationError

from deployments.local.lago.server import Fault, LagoSandbox
from deployments.sample.sample import SampleSpec, lago_document
from tasks.clients.lago import parsing_billing
from tasks.clients.lago.billing import read_billing
from tasks.clients.lago.connection import Lago, LagoAccess
from tasks.model.errors import ConfigError, FatalError, RetryableError
from tasks.model.lago_billed import FINALIZED

KEY = "key-for-tests"


@pytest.fixture(scope="module")
def document():
    """A small world with all that Lago may hold; tests change the sandbox's lists, not these."""
    return lago_document(SampleSpec(customers=30, seed=2, dirty=Decimal(0), usage_months=2))


@pytest.fixture
def sandbox(document):
    with LagoSandbox(document, KEY) as running:
        yield running


@pytest.fixture
def lago(sandbox):
    return Lago(LagoAccess(sandbox.url, KEY, page_rows=100))


def ids(rows):
    return {row.lago_id for row in rows}


def test_fee_without_dates_is_for_a_day_from_when_it_was_made(document):
    made = {"from_date": None, "to_date": None, "created_at": "2026-10-01T15:00:00Z"}
    found = parsing_billing.fee(document["fees"][0] | made)
    assert (found.start, found.end) == tuple(datetime(2026, 10, n, 15, tzinfo=UTC) for n in (1, 2))


def test_everything_is_read_page_by_page_and_foots(document, lago, sandbox):
    billing = read_billing(lago)
    assert ids(billing.invoices) == {row["lago_id"] for row in document["invoices"]}
    assert ids(billing.fees) == {row["lago_id"] for row in document["fees"]}
    assert len(billing.credit_notes) == len(document["credit_notes"])
    assert {note.invoice for note in billing.credit_notes} <= ids(billing.invoices)
    assert billing.version == document["version"]
    assert len([path for path in sandbox.faults.requests if path.endswith("/fees")]) > 3
    total = sum(fee.amount for fee in billing.fees if fee.currency == "CAD")
    cents = sum(f["amount_cents"] for f in document["fees"] if f["amount_currency"] == "CAD")
    assert total == Decimal(cents) / 100
    yen = next(fee for fee in billing.fees if fee.currency == "JPY")
    assert yen.amount == 9800


def test_periods_are_half_open_and_customers_have_their_service(lago):
    billing = read_billing(lago)
    flat = next(fee for fee in billing.fees if fee.kind == "subscription")
    assert flat.start.tzinfo is UTC
    assert (flat.end.hour, flat.end.minute, flat.end.second) == (flat.end.hour, 0, 0)
    assert set(billing.services.values()) == {"nexacloud", "nexadesk", "nexamaps"}


def test_subscriptions_that_ended_come_too(document, lago):
    statuses = {row.status for row in lago.subscriptions()}
    assert statuses == {"active", "terminated"}
    assert len(list(lago.subscriptions())) == len(document["subscriptions"])


def test_plans_metrics_and_customers_are_whole(document, lago):
    fixed = {plan.code: len(plan.fixed_charges) for plan in lago.plans()}
    # The list of plans leaves them out.
    assert fixed == {row["code"]: len(row["fixed_charges"]) for row in document["plans"]}
    assert len(list(lago.metrics())) == len(document["billable_metrics"])
    assert len(list(lago.customers())) == len(document["customers"])


def test_prices_of_one_subscription_alone_are_read_with_it(document, lago):
    of = {row["lago_id"]: row for row in document["subscriptions"]}
    own = {of[key]["external_id"]: plan for key, plan in document["own_plans"].items()}
    for external_id, plan in own.items():
        found = lago.own_plan_of(external_id, ())
        assert found.lago_id == plan["lago_id"]
        assert len(found.fixed_charges) == len(plan["fixed_charges"])
        assert lago.own_plan_of(external_id, {found.lago_id}) is None


def test_groups_without_a_value_are_read_though_the_vendors_models_cannot(sandbox, lago):
    vendor = Client(api_key=KEY, api_url=sandbox.url)
    with pytest.raises(ValidationError, match="grouped_by"):
        vendor.fees.find_all({"per_page": 100_000})
    billing = read_billing(lago)
    assert any("group without a value" in note for note in billing.notes)


def test_too_many_requests_are_waited_for(sandbox, lago, document):
    sandbox.faults.order([Fault("rate_limit", "/invoices", page="2", times=3)])
    assert len(list(lago.invoices())) == len(document["invoices"])


def test_too_many_requests_for_too_long_end_the_run(sandbox, lago):
    sandbox.faults.order([Fault("rate_limit", "/invoices", times=4)])
    with pytest.raises(FatalError, match="429"):
        lago.invoices()


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault("error", "/fees"), RetryableError, "HTTP 500"),
        (Fault("bad_gateway", "/fees", page="2"), RetryableError, "HTTP 502"),
        (Fault("hang", "/fees", after=1), RetryableError, "no answer in time"),
        (Fault("cut_body", "/fees", page="2"), RetryableError, "broke off"),
        (Fault("html", "/fees"), ConfigError, "LAGO_API_URL"),
    ],
    ids=["500", "502 with HTML", "time-out", "cut answer", "some other server"],
)
def test_fault_says_what_it_is_and_a_second_reading_is_whole(
    sandbox, document, fault, error, words
):
    seconds = 0.5 if fault.kind == "hang" else 30
    hurried = Lago(LagoAccess(sandbox.url, KEY, seconds, page_rows=100))
    sandbox.faults.order([replace(fault)])
    with pytest.raises(error, match=words) as caught:
        hurried.fees()
    assert KEY not in str(caught.value)
    patient = Lago(LagoAccess(sandbox.url, KEY))
    assert len(list(patient.fees())) == len(document["fees"])


def test_page_that_lacks_a_row_is_noticed_by_the_count_and_read_again(sandbox, lago, document):
    sandbox.faults.order([Fault("short_page", "/fees", page="2")])
    assert len(list(lago.fees())) == len(document["fees"])
    assert any("its pages hold" in note for note in lago.notes)


def test_page_that_always_lacks_a_row_is_never_taken_for_whole(sandbox, lago):
    sandbox.faults.order([Fault("short_page", "/fees", page="1", times=99)])
    with pytest.raises(RetryableError, match="cannot be read whole"):
        lago.fees()


def test_invoice_that_comes_between_two_pages_is_read_once(sandbox, lago, document):
    invoices = sandbox.store.rows["invoices"]
    new = invoices[0] | {"lago_id": "new", "number": "NEXA-DSK-999999"}
    change = Fault("change", "/invoices", page="1", change=lambda: invoices.insert(0, new))
    sandbox.faults.order([change])
    read = [invoice.lago_id for invoice in lago.invoices()]
    assert sorted(read) == sorted(["new", *(row["lago_id"] for row in document["invoices"])])
    assert any("read again" in note for note in lago.notes)


def test_data_that_never_stand_still_are_an_error(sandbox, lago):
    invoices = sandbox.store.rows["invoices"]

    def grow():
        number = len(invoices)
        invoices.insert(0, invoices[0] | {"lago_id": f"new-{number}"})

    sandbox.faults.order([Fault("change", "/invoices", page="1", times=99, change=grow)])
    with pytest.raises(RetryableError, match="their number went from"):
        lago.invoices()


def test_fee_that_slips_past_the_paging_is_missed_by_its_invoice(sandbox, lago, document):
    # A draft is worked out anew: one of its fees goes, another comes, the count stays.
    drafts = {row["lago_id"] for row in document["invoices"] if row["status"] == "draft"}
    fees = sandbox.store.rows["fees"]
    draft = next(row for row in fees if row["lago_invoice_id"] in drafts)
    fees.remove(draft)
    fees.insert(0, draft)

    def refresh():
        fees.remove(draft)
        fees.append(draft | {"lago_id": "worked-out-anew"})

    slipped = fees[100]["lago_id"]
    sandbox.faults.order([Fault("change", "/fees", page="1", change=refresh)])
    billing = read_billing(lago)
    assert slipped in ids(billing.fees)
    assert any("asked for again" in note for note in billing.notes)


def test_invoice_that_is_not_the_sum_of_its_fees_is_named_and_counts_nowhere(sandbox, lago):
    invoices = sandbox.store.rows["invoices"]
    number = next(n for n, row in enumerate(invoices) if row["status"] == FINALIZED)
    invoices[number] = invoices[number] | {"fees_amount_cents": 1}
    billing = read_billing(lago)
    [told] = billing.unreadable
    assert (told.table, told.lago_id) == ("invoices", invoices[number]["lago_id"])
    assert told.customer == invoices[number]["customer"]["external_id"]
    assert "its fees add up to" in told.fault
    assert told.lago_id not in ids(billing.invoices)
    assert told.lago_id not in {fee.invoice for fee in billing.fees}
    asked = [path for path in sandbox.faults.requests if told.lago_id in path]
    assert len(asked) == 2


def test_of_too_many_invoices_that_cannot_be_read_nobody_goes_on(sandbox, lago):
    invoices = sandbox.store.rows["invoices"]
    for number, row in enumerate(invoices):
        invoices[number] = row | {"currency": None}
    with pytest.raises(FatalError, match="answers otherwise than expected"):
        read_billing(lago)


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        ({"from_date": None}, "no period"), ({"to_date": "soon"}, "cannot be read"),
        ({"amount_cents": 3.5}, "whole number"), ({"units": None}, "where a number is needed"),
        ({"amount_currency": "euro"}, "amount_currency"), ({"lago_id": None}, "lago_id"),
        ({"item": None}, "cannot be read"), ({"external_subscription_id": ""}, "subscription"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)  # fmt: skip
def test_spoiled_fee_is_named_and_nothing_of_its_invoice_counts(sandbox, lago, spoiled, words):
    final = {row["lago_id"] for row in sandbox.store.rows["invoices"] if row["status"] == FINALIZED}
    fees = sandbox.store.rows["fees"]
    number = next(
        n
        for n, row in enumerate(fees)
        if row["item"]["type"] == "charge" and row["lago_invoice_id"] in final
    )
    of, whose = fees[number]["lago_invoice_id"], fees[number]["external_customer_id"]
    fees[number] = fees[number] | spoiled
    billing = read_billing(lago)
    [told] = billing.unreadable
    assert (told.table, told.customer) == ("fees", whose)
    assert words in told.fault
    assert told.lago_id
    assert of not in ids(billing.invoices)
    assert of not in {fee.invoice for fee in billing.fees}


def test_fee_of_no_period_is_for_its_invoices_day(sandbox, lago):
    issued = {row["lago_id"]: row["issuing_date"] for row in sandbox.store.rows["invoices"]}
    fees = sandbox.store.rows["fees"]
    number = next(n for n, row in enumerate(fees) if row["item"]["type"] == "add_on")
    fees[number] = fees[number] | {"from_date": None, "to_date": None, "created_at": None}
    billing = read_billing(lago)
    [fee] = [each for each in billing.fees if each.lago_id == fees[number]["lago_id"]]
    assert f"{fee.start:%Y-%m-%d}" == issued[fees[number]["lago_invoice_id"]]


def test_fees_of_an_invoice_that_lago_hides_are_left_out_and_told(sandbox, lago):
    hidden = sandbox.store.rows["invoices"].pop(0)["lago_id"]
    billing = read_billing(lago)
    assert all(fee.invoice != hidden for fee in billing.fees)
    assert any("does not show" in note for note in billing.notes)


def test_wrong_key_is_a_setting_to_correct(sandbox):
    lago = Lago(LagoAccess(sandbox.url, "wrong-and-secret"))
    with pytest.raises(ConfigError, match="LAGO_API_KEY") as caught:
        lago.customers()
    assert "wrong-and-secret" not in f"{caught.value} {lago!r}"


@pytest.mark.parametrize("url", ["lago.example.com", "https://lago.example.com/api/v1", "ftp://x"])
def test_address_that_cannot_be_lagos_is_refused(url):
    with pytest.raises(ConfigError, match="LAGO_API_URL"):
        Lago(LagoAccess(url, KEY))


def test_ids_with_signs_of_an_address_lead_nowhere_else(sandbox, lago):
    assert lago.own_plan_of("a/../../invoices?x=#y", ()).fault
    assert sandbox.faults.requests[-1].count("/") == 4


def test_empty_lists_are_whole(document):
    nothing = dict.fromkeys(("customers", "plans", "subscriptions", "invoices", "fees"), ())
    with LagoSandbox(document | nothing, KEY) as running:
        lago = Lago(LagoAccess(running.url, KEY))
        assert [list(lago.invoices()), list(lago.fees()), list(lago.plans())] == [[], [], []]


def test_billing_since_a_day_is_read_by_lagos_own_filter(lago, document):
    since = max(row["issuing_date"] for row in document["invoices"])
    found = list(lago.invoices(issuing_date_from=since))
    assert found
    assert {row.issued_on for row in found} == {datetime.fromisoformat(since).date()}


def test_invoice_and_credit_note_without_a_billing_entity_are_their_customers(sandbox, lago):
    for rows in (sandbox.store.rows["invoices"], sandbox.store.rows["credit_notes"]):
        for row in rows:
            row["billing_entity_code"] = None
    billing = read_billing(lago)
    documents = [*billing.invoices, *billing.credit_notes]
    assert all(each.service == billing.services[each.customer] for each in documents)
    assert len(documents) > 1


def test_fee_with_a_period_needs_no_day_on_which_it_was_made(sandbox, lago):
    row = next(row for row in sandbox.store.rows["fees"] if row["from_date"])
    row["created_at"] = None
    assert row["lago_id"] in {fee.lago_id for fee in lago.fees()}


def test_wallets_are_asked_for_by_customer_because_lago_wants_to_know_whose(document):
    wallet = {
        "lago_id": "7d1f0a52-0000-4000-8000-000000000001", "status": "active", "currency": "CAD",
        "external_customer_id": document["customers"][0]["external_id"], "balance_cents": 0,
        "rate_amount": "1.0", "consumed_credits": "0.0",
    }  # fmt: skip
    names = [row["external_id"] for row in document["customers"][:20]]
    world = {"version": document["version"], "wallets": [wallet]}
    with LagoSandbox(world, KEY) as running:
        found = Lago(LagoAccess(running.url, KEY)).wallets([*names, "nobody/at all?"])
    assert [each.customer for each in found] == names[:1]


def test_a_wallet_that_does_not_say_whose_it_is_is_asked_for_by_its_customer(monkeypatch):
    """It would be nobody's, and what is left of it lost."""
    wallet = {
        "lago_id": "w", "status": "active", "currency": "CAD", "external_customer_id": None,
        "balance_cents": 500, "rate_amount": "1.0", "consumed_credits": "0.0",
    }  # fmt: skip

    def listed(_self, resource, read, query=None, below=()):
        mine = resource == "wallets" and (query or {}).get("external_customer_id") in (None, "c1")
        return iter([read(wallet)] if mine else [])

    monkeypatch.setattr(Lago, "_all", listed)
    found = Lago(LagoAccess("http://127.0.0.1", KEY)).wallets(["c0", "c1"])
    assert [(each.customer, each.balance) for each in found] == [("c1", Decimal(5))]
