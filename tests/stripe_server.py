"""A Stripe to ask: localstripe as a process on loopback, and one that answers as a test says."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import stripe

from deployments.local.processes import free_port

#: localstripe knows no restricted keys.
KEY = "sk_test_a_key_that_only_reads"
NUMBER = "4242424242424242"


class Till:
    """Customers and cards in a localstripe, made as an app makes them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.api = stripe.StripeClient(KEY, base_addresses={"api": url}).v1

    def customer(self) -> str:
        return self.api.customers.create({"email": "ann@nexa.example"}).id

    def card(self, customer: str, *, default: bool = False, month: int = 12, year: int = 2030):
        method = self.api.payment_methods.create(
            {
                "type": "card",
                "card": {"number": NUMBER, "exp_month": month, "exp_year": year, "cvc": "987"},
            }
        )
        self.api.payment_methods.attach(method.id, {"customer": customer})
        if default:
            self.choose(customer, method.id)
        return method.id

    def source(self, customer: str) -> str:
        """Give the customer a card in the way of before payment methods."""
        card = {"number": NUMBER, "exp_month": 11, "exp_year": 2031, "cvc": "987"}
        token = self.api.tokens.create({"card": card})
        return self.api.customers.payment_sources.create(customer, {"source": token.id}).id

    def debit(self, customer: str) -> str:
        """Let the customer pay from a bank account."""
        method = self.api.payment_methods.create(
            {
                "type": "sepa_debit",
                "sepa_debit": {"iban": "DE89370400440532013000"},
                "billing_details": {"email": "ann@nexa.example", "name": "Ann"},
            }
        )
        self.api.payment_methods.attach(method.id, {"customer": customer})
        self.choose(customer, method.id)
        return method.id

    def choose(self, customer: str, method: str) -> None:
        values: Any = {"invoice_settings": {"default_payment_method": method}}
        self.api.customers.update(customer, values)


@contextmanager
def localstripe(folder: Path) -> Iterator[Till]:
    """Run localstripe from nothing."""
    port = free_port()
    command = [sys.executable, "-m", "localstripe", "--from-scratch", f"--port={port}"]
    with (folder / "localstripe.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/js.stripe.com/v3/", process)
            yield Till(f"http://127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url):
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError("localstripe did not start.")


@contextmanager
def answering(*answers: tuple[int, Any], seconds: float = 0) -> Iterator[tuple[str, list[str]]]:
    """Run a Stripe that gives these answers in turn, the last one for good.

    Yields its address and the paths that it was asked for.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, body = answers[min(len(asked), len(answers)) - 1]
            time.sleep(seconds)
            content = json.dumps(body).encode()
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:
                return

        def log_message(self, *_arguments: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
