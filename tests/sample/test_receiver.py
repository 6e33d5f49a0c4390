"""NexaCloud's receiver: whom it believes, what it does, and that it does it once."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg2
import pytest

from deployments.sample import receiver
from deployments.sample.receiver import PATH
from deployments.sample.receiver.reactions import Reaction, Step, apply, react
from deployments.sample.receiver.server import Receiver
from deployments.sample.receiver.verify import ForgedError, Keys, verify
from tests.webhooks.addon_webhooks import load

signing = load("signing")
SECRET = "the secret"
PRIVATE, PUBLIC = signing.new_key_pair()
KEYS = Keys(SECRET, PUBLIC)
BODY = '{"webhook_type":"customer.created","customer":{"name":"Zoé <&>"}}'.encode()


def headers(body=BODY, algorithm="hmac", key="1", **changes):
    signature = (
        signing.hmac_signature(body, SECRET)
        if algorithm == "hmac"
        else signing.jwt_signature(body, signing.load_private_key(PRIVATE), "https://odoo")
    )
    found = {
        "X-Lago-Signature": signature,
        "X-Lago-Signature-Algorithm": algorithm,
        "X-Lago-Unique-Key": key,
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize("algorithm", ["hmac", "jwt"])
def test_message_of_odoo_is_believed_and_its_unique_key_returned(algorithm):
    assert verify(BODY, headers(algorithm=algorithm), KEYS) == "1"


@pytest.mark.parametrize(
    ("body", "given", "keys"),
    [
        pytest.param(BODY + b" ", headers(), KEYS, id="one byte more"),
        pytest.param(BODY, headers(b"other"), KEYS, id="signature of another body"),
        pytest.param(BODY, headers(b"{}", "jwt"), KEYS, id="token of another body"),
        pytest.param(BODY, headers(), Keys("other secret"), id="another secret"),
        pytest.param(
            BODY, headers(algorithm="jwt"), Keys(None, signing.new_key_pair()[1]), id="another key"
        ),
        pytest.param(BODY, headers(), Keys(None, PUBLIC), id="algorithm that we have no key for"),
        pytest.param(
            BODY, headers(**{"X-Lago-Signature-Algorithm": "none"}), KEYS, id="no algorithm"
        ),
        pytest.param(BODY, headers(**{"X-Lago-Signature": None}), KEYS, id="no signature"),
        pytest.param(BODY, headers(**{"X-Lago-Signature": "ü"}), KEYS, id="no base64"),
        pytest.param(BODY, headers(**{"X-Lago-Unique-Key": None}), KEYS, id="no unique key"),
    ],
)
def test_forged_message_is_not_believed(body, given, keys):
    with pytest.raises(ForgedError):
        verify(body, given, keys)


def invoice(event, status="pending"):
    billed = [{"external_id": "s1"}, {"external_id": "s2"}]
    return {
        "webhook_type": f"invoice.{event}",
        "invoice": {"payment_status": status, "subscriptions": billed},
    }


def ended(next_plan=None):
    subscription = {"external_id": "s1", "next_plan_code": next_plan}
    return {"webhook_type": "subscription.terminated", "subscription": subscription}


FAILURE = {
    "webhook_type": "invoice.payment_failure",
    "payment_provider_invoice_payment_error": {"external_subscription_ids": ["s1"]},
}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (FAILURE, Reaction(Step.SUSPEND, ("s1",))),
        (invoice("payment_overdue"), Reaction(Step.SUSPEND, ("s1", "s2"))),
        (invoice("payment_status_updated", "succeeded"), Reaction(Step.RESTORE, ("s1", "s2"))),
        (invoice("payment_status_updated", "failed"), Reaction(None, ("s1", "s2"))),
        (ended(), Reaction(Step.DEPROVISION, ("s1",))),
        (ended("a dearer plan"), Reaction(None, ("s1",))),
        ({"webhook_type": "wallet.created"}, Reaction(None, ())),
    ],
)
def test_each_event_has_its_reaction(message, expected):
    assert react(message) == expected


class World:
    """A sample of NexaCloud, and the receiver's role in it."""

    def __init__(self, scratch):
        admin, _reader = scratch.new_nexacloud_database(60)
        self.admin = psycopg2.connect(admin)
        self.admin.autocommit = True
        sql = (Path(receiver.__file__).parent / "receiver_role.sql").read_text()
        with self.admin.cursor() as cursor:
            cursor.execute("SELECT set_config('nexa.receiver_password', 'receiving', false)")
            cursor.execute(sql)
            cursor.execute(sql)
        parts = urlsplit(admin)
        place = f"127.0.0.1:{parts.port}{parts.path}"
        self.dsn = f"postgresql://nexa_receiver:{quote('receiving')}@{place}"
        ((self.subscription, self.deployment),) = self.sql(
            "SELECT s.id::text, d.id::text FROM subscriptions s"
            " JOIN deployments d ON d.id = s.deployment_id"
            " WHERE d.status = 'running' AND s.status = 'active' ORDER BY s.id LIMIT 1"
        )

    def sql(self, statement):
        with self.admin.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def status(self):
        return self.sql(f"SELECT status FROM deployments WHERE id = '{self.deployment}'")[0][0]

    def apply(self, key, step):
        return apply(self.dsn, key, "test", Reaction(step, (self.subscription,)))


@pytest.fixture(scope="module")
def world(scratch):
    made = World(scratch)
    yield made
    made.admin.close()


def test_message_that_comes_again_changes_nothing(world):
    others = world.sql("SELECT count(*) FROM deployments WHERE status = 'suspended'")
    assert world.apply("a", Step.SUSPEND) == "suspend: 1 deployments"
    assert world.status() == "suspended"
    assert world.apply("b", Step.RESTORE) == "restore: 1 deployments"
    assert world.apply("a", Step.SUSPEND) == "known"
    assert world.status() == "running"
    assert world.sql("SELECT count(*) FROM deployments WHERE status = 'suspended'") == others
    assert world.apply("c", Step.DEPROVISION) == "deprovision: 1 deployments"
    assert world.status() == "deleted"
    assert world.apply("d", Step.RESTORE) == "restore: 0 deployments"


def test_receivers_role_can_change_nothing_else(world):
    for statement in (
        "DELETE FROM deployments",
        "UPDATE deployments SET user_id = NULL",
        "SELECT email FROM users",
        "DELETE FROM sample.webhook_receipts",
    ):
        connection = psycopg2.connect(world.dsn)
        with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)
        connection.close()


def test_server_acknowledges_only_what_is_written_down(world):
    server = Receiver(0, world.dsn, KEYS)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"

    def post(body, given, path=PATH):
        request = urllib.request.Request(url + path, data=body, headers=given, method="POST")
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)["done"]
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)["done"]

    assert urllib.request.urlopen(f"{url}/health").status == 200
    assert post(BODY, headers(key="x")) == (200, "noted")
    assert post(BODY, headers(key="x")) == (200, "known")
    assert post(BODY, headers(b"other"))[0] == 401
    assert post(b"[]", headers(b"[]"))[0] == 422
    assert post(BODY, headers(), path="/elsewhere")[0] == 404
    server.dsn = "postgresql://nobody@127.0.0.1:1/none"
    assert post(BODY, headers(key="y"))[0] == 503
    server.shutdown()
    server.server_close()
