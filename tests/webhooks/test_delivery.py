"""The outbox is emptied: all of it, in order, once, whatever happens to the receiver."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from tasks.clients.odoo.connection import Odoo
from tests.webhooks.outbox import Outbox
from tests.webhooks.receiver import Receiver

WEBHOOK = "fusion.billing.webhook"
EVENTS = 400
MOST_TAKEN_AHEAD = 64


@pytest.fixture(scope="module")
def outbox(scratch):
    found = Outbox(scratch, scratch.new_odoo_database())
    found.set_up(most_attempts=60)
    yield found
    scratch.odoo.drop(found.database)


def deliver(outbox, service, worker="test", limit=500):
    return outbox.odoo.call(WEBHOOK, "deliver", limit=limit, worker=worker, service=service)


def deliver_all(outbox, service, worker):
    """Call again until nothing waits, as the flow and the scheduled action do."""
    odoo, attempts = Odoo(outbox.access), []
    while True:
        answer = odoo.call(WEBHOOK, "deliver", worker=worker, service=service)
        attempts += answer["attempts"]
        if not answer["pending"]:
            return attempts


def test_nothing_is_lost_sent_twice_or_out_of_order_while_the_receiver_fails_and_dies(outbox):
    deaths = iter([EVENTS // 4, EVENTS // 2])
    die_at, die = [next(deaths)], threading.Event()

    def decide(number):
        if number == die_at[0]:
            die.set()
        return 500 if number % 3 == 0 else 200

    receiver = Receiver(decide).start()
    endpoint = outbox.new_endpoint(receiver.url, "chaos")
    outbox.fill(endpoint, EVENTS, customers=20, subscriptions=40)
    with ThreadPoolExecutor(2) as pool:
        workers = [pool.submit(deliver_all, outbox, "chaos", name) for name in ("one", "two")]
        for _death in range(2):
            assert die.wait(60)
            die.clear()
            receiver.stop()
            die_at[0] = next(deaths, -1)
            receiver.start()
        attempts = [attempt for worker in workers for attempt in worker.result()]
    receiver.stop()

    assert outbox.states(endpoint) == {"delivered": EVENTS}
    taken = Counter(arrival.key for arrival in receiver.acknowledged)
    assert len(taken) == EVENTS
    assert set(taken.values()) == {1}
    last = {arrival.key: arrival.status for arrival in receiver.arrivals}
    assert set(last.values()) == {200}, "sent again after it was acknowledged"
    in_order(receiver.acknowledged)
    # Every attempt is on record, those that met nobody included.
    assert Counter(each["outcome"] == "delivered" for each in attempts)[True] == EVENTS
    assert len(attempts) >= len(receiver.arrivals)
    assert int(outbox.sql("SELECT count(*) FROM fusion_billing_webhook_attempt")) == len(attempts)


def in_order(arrivals):
    """Hold that each subscription's messages, and each account's, came in their order."""
    seen, seen_of_account, last_of_account = defaultdict(int), defaultdict(int), defaultdict(int)
    for arrival in arrivals:
        message = json.loads(arrival.body)
        number, account, key = (message[name] for name in ("n", "customer", "subscription"))
        assert number > seen[account, key]
        assert number > seen_of_account[account], "it overtook one of the whole account"
        if key == -1:
            assert number > last_of_account[account]
            seen_of_account[account] = number
        seen[account, key] = number
        last_of_account[account] = max(last_of_account[account], number)


def keys_of(outbox, service) -> dict:
    """Return a service's secret and public key as its app is given them."""
    (keys,) = outbox.odoo.call(
        "fusion.billing.service",
        "search_read",
        [["code", "=", service]],
        ["webhook_secret", "webhook_public_key"],
    )
    return keys


def verify(arrival, keys, issuer) -> None:
    """Check a message as an app of Lago does; raise if another key signed it."""
    signature = arrival.headers["X-Lago-Signature"]
    if arrival.headers["X-Lago-Signature-Algorithm"] == "hmac":
        made = hmac.new(keys["webhook_secret"].encode(), arrival.body, hashlib.sha256).digest()
        assert base64.b64decode(signature) == made
    else:
        claims = jwt.decode(signature, keys["webhook_public_key"], algorithms=["RS256"])
        assert claims["data"].encode() == arrival.body
        assert claims["iss"] == issuer


@pytest.mark.parametrize("algorithm", ["hmac", "jwt"])
def test_app_can_verify_what_it_receives(outbox, algorithm):
    with Receiver() as receiver:
        endpoint = outbox.new_endpoint(receiver.url, algorithm, algorithm=algorithm)
        outbox.fill(endpoint, 1, customers=1, subscriptions=1)
        deliver(outbox, algorithm)
        old = keys_of(outbox, algorithm)
        # Once its keys are made anew, all that is sent is signed with the new ones alone.
        outbox.odoo.call("fusion.billing.service", "action_renew_signing_keys", [old["id"]])
        outbox.fill(endpoint, 1, customers=1, subscriptions=1)
        deliver(outbox, algorithm)
    before, after = receiver.arrivals
    assert before.headers["X-Lago-Signature-Algorithm"] == algorithm
    new, issuer = keys_of(outbox, algorithm), outbox.scratch.odoo_url
    verify(before, old, issuer)
    verify(after, new, issuer)
    for arrival, keys in ((before, new), (after, old)):
        with pytest.raises((AssertionError, jwt.InvalidSignatureError)):
            verify(arrival, keys, issuer)


def test_lease_of_a_dead_worker_keeps_others_off_until_it_ends(outbox):
    with Receiver() as receiver:
        endpoint = outbox.new_endpoint(receiver.url, "leased")
        outbox.fill(endpoint, 2, customers=2, subscriptions=2)
        lease = "UPDATE fusion_billing_webhook SET leased_by = 'dead', lease_until = now() "
        where = f"WHERE endpoint_id = {endpoint}"
        outbox.sql(f"{lease} + interval '1 hour' {where}")
        assert deliver(outbox, "leased")["attempts"] == []
        outbox.sql(f"{lease} - interval '1 second' {where}")
        assert len(deliver(outbox, "leased")["attempts"]) == 2
    assert len(receiver.arrivals) == 2


def test_message_is_given_up_after_its_attempts_blocks_nobody_and_is_sent_again(outbox):
    outbox.set_up(most_attempts=2)
    healthy = threading.Event()
    with Receiver(lambda _number: 200 if healthy.is_set() else 500) as receiver:
        endpoint = outbox.new_endpoint(receiver.url, "dead")
        outbox.fill(endpoint, 2, customers=1, subscriptions=1)
        while outbox.states(endpoint) != {"dead": 2}:
            deliver(outbox, "dead")
        # Its successor was tried although the first one was given up.
        assert [json.loads(arrival.body)["n"] for arrival in receiver.arrivals] == [1, 1, 2, 2]
        odoo = outbox.odoo
        assert {row["last_error"] for row in odoo.call(WEBHOOK, "given_up", service="dead")} == {
            "HTTP 500."
        }

        healthy.set()
        ids = odoo.call(WEBHOOK, "search", [["endpoint_id", "=", endpoint]])
        odoo.call(WEBHOOK, "action_replay", ids)
        deliver(outbox, "dead")
    outbox.set_up(most_attempts=60)
    assert outbox.states(endpoint) == {"delivered": 2}
    again = receiver.arrivals[-2:]
    assert [json.loads(arrival.body)["n"] for arrival in again] == [1, 2]
    assert {arrival.key for arrival in again} == {arrival.key for arrival in receiver.arrivals[:4]}


def test_scheduled_action_delivers_without_prefect(outbox):
    with Receiver() as receiver:
        endpoint = outbox.new_endpoint(receiver.url, "cron")
        outbox.fill(endpoint, 3, customers=1, subscriptions=1)
        names = [["name", "=", "Centralized Billing: deliver webhooks"]]
        context = {"active_test": False}
        action = outbox.odoo.call("ir.cron", "search_read", names, ["active"], context=context)[0]
        assert not action["active"]
        outbox.odoo.call("ir.cron", "method_direct_trigger", [action["id"]])
    assert [json.loads(arrival.body)["n"] for arrival in receiver.arrivals] == [1, 2, 3]


def test_address_that_is_not_allowed_is_refused_when_sending(outbox):
    with Receiver() as receiver:
        endpoint = outbox.new_endpoint(receiver.url, "refused")
        outbox.fill(endpoint, 1, customers=1, subscriptions=1)
        outbox.set_up(allowed_hosts="")
        (attempt,) = deliver(outbox, "refused")["attempts"]
        outbox.set_up()
    assert attempt["error"].startswith("The address was refused: ")
    assert not receiver.arrivals


def test_silent_endpoint_is_left_alone_and_holds_up_nobody_else(outbox):
    silent = Receiver().start()
    silent.stop()
    outbox.set_up(first_seconds=600)
    with Receiver() as receiver:
        endpoints = [
            outbox.new_endpoint(url, code)
            for url, code in ((silent.url, "silent"), (receiver.url, "well"))
        ]
        for endpoint in endpoints:
            outbox.fill(endpoint, 100, customers=100, subscriptions=100)
        deliver(outbox, None)
    outbox.set_up()
    assert len(receiver.acknowledged) == 100
    tried = outbox.sql(
        f"SELECT sum(attempts) FROM fusion_billing_webhook WHERE endpoint_id = {endpoints[0]}"
    )
    assert int(tried) <= MOST_TAKEN_AHEAD


def test_apps_that_are_slow_hold_up_nobody_else(outbox):
    """Three apps answer 500 after four seconds; the fourth, which came last, is done by then."""

    def slow(_number):
        time.sleep(4)
        return 500

    outbox.set_up(first_seconds=600)
    with Receiver(slow) as one, Receiver(slow) as two, Receiver(slow) as three, Receiver() as well:
        slow_ones = [
            outbox.new_endpoint(each.url, f"slow {each.url[-12:-6]}") for each in (one, two, three)
        ]
        for endpoint in slow_ones:
            outbox.fill(endpoint, 60, customers=60, subscriptions=60)
        outbox.fill(outbox.new_endpoint(well.url, "quick"), 40, customers=40, subscriptions=40)
        attempts = deliver(outbox, None)["attempts"]
    outbox.set_up()
    assert len(well.acknowledged) == 40
    first_slow = next(n for n, one in enumerate(attempts) if one["service"] != "quick")
    assert first_slow == 40
    tried = outbox.sql(
        "SELECT max(n) FROM (SELECT sum(attempts) AS n FROM fusion_billing_webhook "
        f"WHERE endpoint_id IN ({','.join(map(str, slow_ones))}) GROUP BY endpoint_id) AS each"
    )
    # Two slow refusals, and an endpoint rests.
    assert int(tried) <= 2
