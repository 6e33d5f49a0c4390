"""The sandbox's HTTP side: Bearer key, routes, Lago's error bodies, and faults on order."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from deployments.local.lago.store import FILTERS, Json, Query, Store, paged, without

ROOT = "/api/v1/"
#: What one object is called in an answer; the plural is the resource.
ROOTS = {name: name.removesuffix("s") for name in FILTERS} | {
    "billing_entities": "billing_entity",
    "taxes": "tax",
}
#: Lists below one object -> the resource of their rows and the field that names the object.
BELOW = {
    ("customers", "wallets"): ("wallets", "external_customer_id"),
    ("customers", "applied_coupons"): ("applied_coupons", "external_customer_id"),
    ("customers", "subscriptions"): ("subscriptions", "external_customer_id"),
    ("customers", "invoices"): ("invoices", "external_customer_id"),
    ("customers", "credit_notes"): ("credit_notes", "external_customer_id"),
    ("wallets", "wallet_transactions"): ("wallet_transactions", "lago_wallet_id"),
}
HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"

#: What a real Lago, its proxies and the network do now and then.
Kind = Literal[
    "rate_limit",  # 429; `after` is the reset header in seconds
    "error",  # 500 with Lago's body
    "bad_gateway",  # 502 with a proxy's HTML
    "hang",  # no answer for `after` seconds
    "cut_body",  # the connection ends within the body
    "short_page",  # a page without its last row, as if nothing were wrong
    "html",  # 200 with HTML: some other server answers
    "change",  # `change` is called once the page's answer is made
]


@dataclass(slots=True)
class Fault:
    """One fault: it strikes the next ``times`` requests whose path and page fit."""

    kind: Kind
    path: str = ""
    page: str | None = None
    times: int = 1
    after: float = 0
    change: Callable[[], None] | None = None


@dataclass(slots=True)
class Faults:
    """Faults that wait for their request; several threads may ask."""

    waiting: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def order(self, faults: Iterable[Fault]) -> None:
        """Let these strike."""
        with self._lock:
            self.waiting += faults

    def strike(self, path: str, pages: Sequence[str]) -> Fault | None:
        """Take the first fault that fits a request, and note the request."""
        with self._lock:
            self.requests.append(path)
            for fault in self.waiting:
                if fault.path in path and (fault.page is None or fault.page in pages):
                    fault.times -= 1
                    if not fault.times:
                        self.waiting.remove(fault)
                    return fault
        return None


class LagoSandbox:
    """A server on loopback, in a thread of this process; a context manager.

    Attributes:
        document: The data file as it was given, labels too.
        store: Its data, which a test may change.
        faults: Faults that a test orders.
    """

    def __init__(self, document: Json, api_key: str, port: int = 0) -> None:
        self.document = document
        self.store = Store.of(document)
        self.faults = Faults()
        self.api_key = api_key
        self.server = _Server(("127.0.0.1", port), self)
        self._thread = Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The address to give to Lago's client."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> LagoSandbox:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()

    def answer(self, path: str, query: Query) -> tuple[int, Json]:
        """Answer a request that carries the key."""
        resource, *rest = [unquote(part) for part in path.removeprefix(ROOT).split("/")]
        if resource == "billing_entities" and not rest:
            return 200, {resource: self.store.rows[resource]}
        if resource not in FILTERS or len(rest) > 2:
            return _error(404, "Not Found", code="resource_not_found")
        if not rest:
            if resource == "wallets" and not query.get("external_customer_id"):
                # Lago wants to know whose.
                return _error(404, "Not Found", code="customer_not_found")
            return 200, self.store.page(resource, query)
        found = self.store.one(resource, rest[0])
        if found is None:
            return _error(404, "Not Found", code=f"{ROOTS[resource]}_not_found")
        if len(rest) == 1:
            if found.get("plan"):
                # Lago shows a subscription's fixed charges below it.
                found = found | {"plan": without(found["plan"], "fixed_charges")}
            return 200, {ROOTS[resource]: found}
        below = resource, rest[1]
        if below in BELOW:
            listed, name = BELOW[below]
            return 200, self.store.page(listed, {**query, name: [rest[0]]})
        if below == ("customers", "past_usage"):
            usage = self.store.past_usage(query)
            details = {"external_subscription_id": ["value_is_mandatory"]}
            return (200, usage) if usage else _invalid(details)
        if resource == "subscriptions" and rest[1] in ("charges", "fixed_charges"):
            return 200, paged(rest[1], found["plan"][rest[1]], query)
        return _error(404, "Not Found", code="resource_not_found")

    def terminate(self, external_id: str, query: Query) -> tuple[int, Json]:
        """End a subscription now, as asked: nothing more is billed for it."""
        ended = self.store.terminate(external_id, query)
        if ended is None:
            return _error(404, "Not Found", code="subscription_not_found")
        return 200, {"subscription": ended}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Many short connections come at once.
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], sandbox: LagoSandbox) -> None:
        self.sandbox = sandbox
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet: a client that gives up is what some tests want."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "LagoSandbox"

    def do_GET(self) -> None:
        """Answer with a fault, if one waits for this request, or with the data."""
        sandbox = self.server.sandbox
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path == "/health":
            self._send(200, {"version": sandbox.store.version, "message": "Success"})
            return
        fault = sandbox.faults.strike(parts.path, query.get("page", ()))
        if fault and self._fail(fault):
            return
        if not self._has_key(sandbox.api_key):
            self._send(*_error(401, "Unauthorized"))
            return
        status, body = sandbox.answer(parts.path, query)
        if fault and fault.kind == "short_page":
            body[next(iter(body))].pop()
        if fault and fault.change:
            # The answer is made; whoever has it may ask for the next page at once.
            body = deepcopy(body)
            fault.change()
        self._send(status, body, cut=fault is not None and fault.kind == "cut_body")

    def do_DELETE(self) -> None:
        """Terminate a subscription; nothing else can be deleted here."""
        sandbox = self.server.sandbox
        parts = urlsplit(self.path)
        resource, _, key = parts.path.removeprefix(ROOT).partition("/")
        if not self._has_key(sandbox.api_key):
            self._send(*_error(401, "Unauthorized"))
        elif resource != "subscriptions":
            self._send(*_error(404, "Not Found", code="resource_not_found"))
        else:
            self._send(*sandbox.terminate(unquote(key), parse_qs(parts.query)))

    def log_message(self, *_: object) -> None:
        """Say nothing: tests read the output."""

    def _has_key(self, key: str) -> bool:
        sent = self.headers.get("Authorization", "").partition(" ")[2]
        return hmac.compare_digest(sent.encode(), key.encode())

    def _fail(self, fault: Fault) -> bool:
        """Answer with the fault; False if it only spoils the right answer."""
        match fault.kind:
            case "rate_limit":
                headers = {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "0"}
                body = {"status": 429, "error": "Too Many Requests"}
                self._send(429, body, headers | {"x-ratelimit-reset": f"{fault.after:.0f}"})
            case "error":
                self._send(*_error(500, "Internal Server Error"))
            case "bad_gateway":
                self._write(502, HTML, {"Content-Type": "text/html"})
            case "html":
                self._write(200, HTML, {"Content-Type": "text/html"})
            case "hang":
                time.sleep(fault.after)
                self.close_connection = True
            case _:
                return False
        return True

    def _send(
        self, status: int, body: Json, headers: dict[str, str] | None = None, *, cut: bool = False
    ) -> None:
        content = json.dumps(body).encode()
        known = {"Content-Type": "application/json; charset=utf-8"}
        self._write(status, content, known | (headers or {}), cut=cut)

    def _write(
        self, status: int, content: bytes, headers: dict[str, str], *, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)


def _error(status: int, words: str, **more: Any) -> tuple[int, Json]:
    return status, {"status": status, "error": words, **more}


def _invalid(details: Json) -> tuple[int, Json]:
    words = "Unprocessable Entity"
    return _error(422, words, code="validation_errors", error_details=details)
