"""One message over real sockets: where it goes, what it carries, and when it ends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.webhooks.addon_webhooks import PACKAGE, load
from tests.webhooks.receiver import Receiver

sender_module = load("sender")
signing = load("signing")
LOOPBACK = frozenset({"127.0.0.1"})
BODY = '{"webhook_type":"customer.created","customer":{"name":"Zoé <&> \\u0000"}}'.encode()


@pytest.fixture
def receiver():
    with Receiver() as started:
        yield started


def parcel(url, body=BODY, headers=None):
    return sender_module.Parcel(
        id=1, attempts=0, endpoint_id=1, url=url, body=body, headers=lambda: headers or {}
    )


def send(url, *, allowed=LOOPBACK, headers=None, **options):
    with sender_module.Sender(allowed, **options) as sender:
        return sender.send(parcel(url, headers=headers))


def test_body_arrives_byte_for_byte_and_its_hmac_can_be_verified(receiver):
    signature = signing.hmac_signature(BODY, "the secret")
    receipt = send(receiver.url, headers={"X-Lago-Signature": signature})
    (arrival,) = receiver.arrivals
    assert (receipt.delivered, receipt.status, receipt.signature) == (True, 200, signature)
    assert arrival.body == BODY
    expected = hmac.new(b"the secret", arrival.body, hashlib.sha256).digest()
    assert base64.b64decode(arrival.headers["X-Lago-Signature"]) == expected


def test_token_is_verified_with_the_public_key_and_carries_the_body(receiver):
    private, public = signing.new_key_pair()
    token = signing.jwt_signature(BODY, signing.load_private_key(private), "https://odoo.example")
    send(receiver.url, headers={"X-Lago-Signature": token})
    (arrival,) = receiver.arrivals
    claims = jwt.decode(
        arrival.headers["X-Lago-Signature"],
        public,
        algorithms=["RS256"],
        issuer="https://odoo.example",
    )
    assert claims["data"].encode() == arrival.body
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, signing.new_key_pair()[1], algorithms=["RS256"])


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_an_acknowledgement(status):
    with Receiver(lambda _number: status) as receiver:
        assert send(receiver.url).delivered


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_any_other_answer_is_none(status):
    with Receiver(lambda _number: status) as receiver:
        receipt = send(receiver.url)
    assert (receipt.delivered, receipt.reached, receipt.status) == (False, True, status)
    assert receipt.error == f"HTTP {status}."


def test_redirect_is_not_followed():
    with Receiver(lambda _number: 302) as receiver:
        receipt = send(receiver.url)
        assert len(receiver.arrivals) == 1
    assert receipt.error == "HTTP 302: redirects are not followed."


def test_connection_is_used_again(receiver):
    with sender_module.Sender(LOOPBACK) as sender:
        receipts = [sender.send(parcel(receiver.url)) for _ in range(3)]
        connections = len(receiver._server.connections)
    assert all(receipt.delivered for receipt in receipts)
    assert connections == 1


def test_nobody_there_is_told_in_words():
    receiver = Receiver().start()
    receiver.stop()
    receipt = send(receiver.url)
    assert (receipt.delivered, receipt.reached, receipt.status) == (False, False, None)
    assert receipt.error.startswith("Not reached: ")


def test_answer_that_is_no_http_is_told_in_words_that_can_be_stored():
    listening = socket.create_server(("127.0.0.1", 0))

    def answer():
        connection, _address = listening.accept()
        connection.recv(65536)
        connection.sendall(b"\0\x01 other\tprotocol " + b"x" * 1000 + b"\r\n")
        connection.close()

    threading.Thread(target=answer, daemon=True).start()
    receipt = send(f"http://127.0.0.1:{listening.getsockname()[1]}/")
    listening.close()
    assert receipt.error.startswith("Not reached: other protocol xxx")
    assert "\0" not in receipt.error
    assert len(receipt.error) < 300


def test_message_that_cannot_be_signed_is_a_failed_attempt_and_no_crash(receiver):
    broken = sender_module.Parcel(
        id=1, attempts=0, endpoint_id=1, url=receiver.url, body=BODY, headers=lambda: {}["key"]
    )
    with sender_module.Sender(LOOPBACK) as sender:
        assert sender.send(broken).error == "Odoo could not send it: KeyError."
    assert not receiver.arrivals


def test_address_inside_the_network_is_never_connected_to(receiver):
    receipt = send(receiver.url.replace("http:", "https:"), allowed=frozenset())
    assert receipt.error.startswith("The address was refused: ")
    assert not receiver.arrivals


def test_name_that_answers_differently_the_second_time_is_not_asked_twice(monkeypatch):
    """A rebinding name: public when it is checked, loopback when one would connect."""
    answers = iter(["93.184.215.14", "127.0.0.1", "127.0.0.1"])
    connected = []

    def look_up(host, port, **_options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(address, _timeout):
        connected.append(address)
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    with sender_module.Sender(frozenset(), look_up=look_up) as sender:
        for _again in range(2):
            sender.send(parcel("https://rebinding.example.com/"))
    assert connected == [("93.184.215.14", 443)] * 2


def certificate(folder, name):
    """A certificate for ``name`` that signs itself; returns the paths of it and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.mark.parametrize(("host", "trusted"), [("app.test", True), ("other.test", False)])
def test_certificate_must_be_the_names_although_the_connection_is_to_an_address(
    tmp_path, host, trusted
):
    paths = certificate(tmp_path, "app.test")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(*paths)
    asked_for = []
    serving.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    receiver = Receiver().start(serving)

    def look_up(_host, port, **_options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    url = receiver.url.replace("http://127.0.0.1", f"https://{host}")
    receipt = send(
        url,
        allowed=frozenset({host}),
        look_up=look_up,
        tls=ssl.create_default_context(cafile=str(paths[0])),
    )
    receiver.stop()
    assert asked_for == [host]
    assert receipt.delivered is trusted
    assert trusted or receipt.error.startswith("The connection is not trusted: ")


def test_receiver_that_drips_is_broken_off(monkeypatch):
    """Each byte comes in time, the whole never: the attempt ends all the same."""
    monkeypatch.setattr(sender_module, "ATTEMPT_SECONDS", 0)
    listening = socket.create_server(("127.0.0.1", 0))
    got_request, ended = threading.Event(), threading.Event()

    def drip():
        connection, _address = listening.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 2")
        got_request.set()
        ended.wait()
        connection.close()

    threading.Thread(target=drip, daemon=True).start()
    receipts = []
    with sender_module.Sender(LOOPBACK) as sender:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread = threading.Thread(target=lambda: receipts.append(sender.send(parcel(url))))
        thread.start()
        got_request.wait()
        while thread.is_alive():
            sender.end_overdue()
            thread.join(0.02)
    ended.set()
    listening.close()
    assert not receipts[0].delivered


def test_slow_name_server_is_not_waited_for_and_a_broken_one_is_told(monkeypatch):
    monkeypatch.setattr(sender_module, "_LOOK_UP_SECONDS", 0.05)
    ended = threading.Event()

    def slow(_host, _port, **_options):
        ended.wait()
        return []

    receipt = send("https://slow.example.com/", look_up=slow)
    assert receipt.error == "Not reached: no name server answered in time."
    ended.set()

    def broken(_host, _port, **_options):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    assert "Temporary failure" in send("https://app.example.com/", look_up=broken).error


def test_endpoint_has_as_long_for_its_answer_as_the_manual_says():
    manual = (PACKAGE.parent / "readme/USAGE.md").read_text(encoding="utf-8")
    assert f"answers 2xx within {sender_module.ATTEMPT_SECONDS} seconds" in manual
    assert sender_module._READ_SECONDS >= sender_module.ATTEMPT_SECONDS
