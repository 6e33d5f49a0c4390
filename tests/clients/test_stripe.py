"""The door to Stripe against localstripe: whose card is charged, or an error that says why."""

from __future__ import annotations

import pytest

from tasks.clients.stripe.connection import Stripe, StripeAccess
from tasks.model.cards import Card
from tasks.model.errors import ConfigError, FatalError, RetryableError
from tests.stripe_server import KEY, NUMBER, answering, localstripe


@pytest.fixture(scope="module")
def till(tmp_path_factory):
    with localstripe(tmp_path_factory.mktemp("localstripe")) as running:
        yield running


@pytest.fixture
def door(till):
    return Stripe(StripeAccess(KEY, till.url))


def door_to(url: str, key: str = KEY, seconds: float = 5) -> Stripe:
    return Stripe(StripeAccess(key, url, timeout_seconds=seconds))


def test_default_payment_method_is_told_alone(till, door):
    customer = till.customer()
    till.card(customer)
    method = till.card(customer, default=True, month=2, year=2028)
    holder = door.holder(customer)
    assert (holder.default, holder.standing) == (method, "known")
    assert holder.cards == (Card(method, "card", "visa", "4242", 2, 2028),)


def test_default_source_of_an_older_customer_is_a_card_too(till, door):
    customer = till.customer()
    source = till.source(customer)
    holder = door.holder(customer)
    assert holder.default == source
    (card,) = holder.cards
    assert (card.kind, card.last4, card.month, card.year) == ("card", "4242", 11, 2031)


def test_without_a_default_all_cards_are_told(till, door):
    customer = till.customer()
    assert door.holder(customer).cards == ()
    methods = {till.card(customer) for _ in range(3)}
    holder = door.holder(customer)
    assert holder.default is None
    assert {card.payment_method for card in holder.cards} == methods


def test_default_that_is_no_card_is_told_by_its_kind(till, door):
    customer = till.customer()
    till.card(customer)
    method = till.debit(customer)
    assert door.holder(customer).cards == (Card(method, kind="sepa_debit"),)


@pytest.mark.parametrize("customer", ["cus_nobody", "", "cus_1/sources", "nobody", "cus_é"])
def test_stranger_is_unknown(door, customer):
    assert door.holder(customer).standing == "unknown"


def test_deleted_customer_is_told_from_a_stranger():
    body = {"id": "cus_1", "object": "customer", "deleted": True}
    with answering((200, body)) as (url, _):
        assert door_to(url).holder("cus_1").standing == "deleted"


def test_default_that_the_key_may_not_read_has_no_card_told():
    body = {
        "id": "cus_1",
        "object": "customer",
        "invoice_settings": {"default_payment_method": "pm_1"},
    }
    with answering((200, body)) as (url, _):
        assert door_to(url).holder("cus_1").cards == (Card("pm_1", kind="unknown"),)


FAULTS = {
    401: (ConfigError, "refused the key"),
    403: (ConfigError, "may not read"),
    429: (RetryableError, "too many requests"),
    500: (RetryableError, "HTTP 500"),
    503: (RetryableError, "HTTP 503"),
    400: (FatalError, "HTTP 400"),
}


@pytest.mark.parametrize("status", FAULTS)
def test_fault_of_stripe_says_what_to_do_and_never_the_key(status):
    kind, words = FAULTS[status]
    error = {"error": {"message": f"Invalid API Key provided: {KEY}", "type": "api_error"}}
    with answering((status, error)) as (url, asked), pytest.raises(kind) as caught:
        door_to(url).holder("cus_1")
    assert words in str(caught.value)
    assert KEY not in str(caught.value)
    assert caught.value.__suppress_context__
    # Tasks retry, not the library.
    assert len(asked) == 1


@pytest.mark.parametrize("body", [[], "x", {"id": "cus_1", "default_source": {"object": "card"}}])
def test_what_is_no_stripe_is_said_to_be_none(body):
    with answering((200, body)) as (url, _), pytest.raises(FatalError):
        door_to(url).holder("cus_1")


def test_stripe_that_is_slow_or_gone_may_answer_later():
    with (
        answering((200, {}), seconds=2) as (url, _),
        pytest.raises(RetryableError, match="in time"),
    ):
        door_to(url, seconds=0.2).holder("cus_1")
    with pytest.raises(RetryableError, match="cannot be reached"):
        door_to("http://127.0.0.1:9").holder("cus_1")


def test_key_that_can_charge_and_address_that_is_none_are_refused(till):
    with pytest.raises(ConfigError, match="restricted key") as caught:
        door_to(till.url, key="sk_live_secret")
    assert "sk_live_secret" not in str(caught.value)
    for url in ("api.stripe.com", "ftp://api.stripe.com", "https://api.stripe.com/v1"):
        with pytest.raises(ConfigError, match="STRIPE_API_URL"):
            door_to(url)


def test_key_is_in_no_representation():
    assert KEY not in repr(StripeAccess(KEY))
    assert NUMBER not in repr(Card("pm_1", "card", "visa", "4242", 1, 2030))
