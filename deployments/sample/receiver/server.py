"""The receiver's HTTP side: verify, decide, do, and only then acknowledge."""

from __future__ import annotations

import json
import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2

from deployments.sample.receiver import PATH
from deployments.sample.receiver.reactions import apply, react
from deployments.sample.receiver.verify import ForgedError, Keys, verify

_MOST_BYTES = 4 << 20
_SECONDS = 30
_log = logging.getLogger("nexacloud.receiver")


class Receiver(ThreadingHTTPServer):
    """Takes billing events at ``PATH`` and answers ``/health``."""

    daemon_threads = True

    def __init__(self, port: int, dsn: str, keys: Keys) -> None:
        """Listen on loopback.

        Args:
            port: TCP port; 0 for any.
            dsn: NexaCloud's database, with the role of ``receiver_role.sql``.
            keys: By which messages are verified.
        """
        self.dsn = dsn
        self.keys = keys
        super().__init__(("127.0.0.1", port), _Handler)

    def take(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Handle one message; return the status to answer and what was done.

        A 2xx is given only for what is written down: whatever else happens, it comes again.
        """
        try:
            unique_key = verify(body, headers, self.keys)
        except ForgedError as error:
            return 401, str(error)
        try:
            message = json.loads(body)
            reaction = react(message)
        except (ValueError, KeyError, TypeError) as error:
            return 422, f"not understood: {type(error).__name__}"
        try:
            return 200, apply(self.dsn, unique_key, message["webhook_type"], reaction)
        except psycopg2.Error as error:
            return 503, f"the database failed: {type(error).__name__}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS

    def do_GET(self) -> None:
        """Say that the receiver is there."""
        self._answer(200 if self.path == "/health" else 404, "")

    def do_POST(self) -> None:
        """Take a message."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != PATH or not 0 < length <= _MOST_BYTES:
            # What was not read would be taken for the next request.
            self.close_connection = True
            self._answer(404 if self.path != PATH else 413, "")
            return
        status, done = self.server.take(self.rfile.read(length), dict(self.headers))
        _log.info("%s %s %s", status, self.headers.get("X-Lago-Unique-Key"), done)
        self._answer(status, done)

    def _answer(self, status: int, text: str) -> None:
        body = json.dumps({"status": status, "done": text}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Keep quiet: each message is logged once, with what was done."""
