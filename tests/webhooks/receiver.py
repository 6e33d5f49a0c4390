"""A receiver on loopback for tests: it can fail, be killed and come back at the same address."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Arrival:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def key(self) -> str:
        return self.headers["X-Lago-Unique-Key"]


class Receiver:
    """Answers as ``decide`` says, which is called with every request's number, from 0."""

    def __init__(self, decide: Callable[[int], int] = lambda _number: 200) -> None:
        self.arrivals: list[Arrival] = []
        self._decide = decide
        self._lock = threading.Condition()
        self._dying = False
        self._in_hand = 0
        self._port = 0
        self._count = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/hooks"

    def start(self, tls: ssl.SSLContext | None = None) -> Receiver:
        """Listen; again at the same port after ``stop``."""
        receiver = self
        self._dying = False

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.answering(self.path, dict(self.headers), body) as status:
                    if not status:
                        self.close_connection = True
                        return
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    if 300 <= status < 400:
                        self.send_header("Location", "http://127.0.0.1:1/")
                    self.end_headers()

            def log_message(self, *_words):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                pass  # a connection that ended with stop()

            def process_request(self, request, client_address):
                self.connections.append(request)
                super().process_request(request, client_address)

        Server.connections = []
        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    @contextmanager
    def answering(self, path: str, headers: dict[str, str], body: bytes) -> Iterator[int]:
        """Write a request down and give the status to answer; 0: hang up without an answer."""
        with self._lock:
            status = 0 if self._dying else self._decide(self._count)
            self._count += 1
            self.arrivals.append(Arrival(path, headers, body, status))
            self._in_hand += 1
        try:
            yield status
        finally:
            with self._lock:
                self._in_hand -= 1
                self._lock.notify_all()

    def stop(self) -> None:
        """Die: hang up on whoever asks from now on, and leave.

        What was answered was answered whole, so that a test can tell who knows of it.
        """
        if self._server is None:
            return
        server, self._server = self._server, None
        with self._lock:
            self._dying = True
            self._lock.wait_for(lambda: not self._in_hand)
        server.shutdown()
        server.server_close()
        for connection in server.connections:
            connection.close()

    @property
    def acknowledged(self) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if 200 <= arrival.status < 300]

    def __enter__(self) -> Receiver:
        return self.start()

    def __exit__(self, *_fault) -> None:
        self.stop()
