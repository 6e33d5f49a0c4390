"""A proxy in front of a real Odoo, which a test can make unwell."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = "<html><body>We are down for maintenance.</body></html>"


@dataclass
class Proxy:
    """Where it is, and how it is.

    Attributes:
        next: Answers in Odoo's place: status, headers, body.
        seen: Requests so far.
        most_bytes: Larger ones get a 413.
        dies_at: A word; from the request that holds it on, all are answered with a 502.
    """

    url: str
    next: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    seen: int = 0
    most_bytes: int = 1 << 30
    dies_at: bytes | None = None
    is_dead: bool = False


@contextmanager
def proxy_of(odoo_url: str) -> Iterator[Proxy]:
    """Serve on a free port in front of an Odoo."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.seen += 1
            if made.dies_at is not None and made.dies_at in body:
                made.is_dead = True
            if made.is_dead:
                self.answer(502, {}, PAGE.encode())
            elif len(body) > made.most_bytes:
                self.answer(413, {}, PAGE.encode())
            elif made.next:
                status, headers, text = made.next.pop(0)
                self.answer(status, headers, text.encode())
            else:
                request = urllib.request.Request(
                    odoo_url + self.path, body, {"Content-Type": "application/json"}
                )
                try:
                    with urllib.request.urlopen(request) as response:
                        self.answer(response.status, {}, response.read())
                except urllib.error.HTTPError as error:
                    with error:
                        self.answer(error.code, {}, error.read())

        def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Proxy(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
