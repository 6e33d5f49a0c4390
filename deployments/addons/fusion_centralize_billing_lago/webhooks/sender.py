"""Send messages over HTTP: many at once, to checked addresses only, none of them endlessly.

Plain Python in threads: no thread touches Odoo's database. Redirects are not followed and no
proxy is used, because either would lead past the check of the address.
"""

import contextlib
import http.client
import logging
import queue
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from .addresses import LookUp, RefusedAddressError, Target, parse_url, resolve

_logger = logging.getLogger(__name__)

_LOOK_UP_SECONDS = 5
_CONNECT_SECONDS = 5
#: However slowly it drips, an attempt ends then.
ATTEMPT_SECONDS = 20
_READ_SECONDS = ATTEMPT_SECONDS
_MOST_ANSWER_BYTES = 64 * 1024
_EXCERPT_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way.

    Attributes:
        id: Of the outbox's row.
        attempts: Attempts made before this one.
        endpoint_id: Of its endpoint; those of one endpoint share connections.
        url: Where it goes.
        body: What is sent.
        headers: Returns the headers; called where it is sent, because signing takes time.
    """

    id: int
    attempts: int
    endpoint_id: int
    url: str
    body: bytes = field(repr=False)
    headers: Callable[[], dict[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one attempt.

    Attributes:
        parcel: What was sent.
        delivered: It was acknowledged: the answer's status was 2xx.
        reached: There was an answer at all.
        status: Its HTTP status; None without an answer.
        error: Why it is not delivered, in words for people; "" if it is.
        seconds: How long it took.
        signature: With which it was sent.
    """

    parcel: Parcel
    delivered: bool
    reached: bool
    status: int | None
    error: str
    seconds: float
    signature: str = ""


class Sender:
    """Sends parcels; one object for one delivery, used by many threads.

    Each endpoint's name is looked up once, and all connections go to the address that was
    checked then.
    """

    def __init__(
        self,
        allowed: frozenset[str],
        *,
        look_up: LookUp = socket.getaddrinfo,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare to send.

        Args:
            allowed: Hosts that may be inside the network (see ``parse_url``).
            look_up: Like ``socket.getaddrinfo``.
            tls: SSL context; by default the system's authorities are trusted.
        """
        self._allowed = allowed
        self._look_up = look_up
        self._tls = tls or ssl.create_default_context()
        self._lock = threading.Lock()
        self._places: dict[str, tuple[Target, str]] = {}
        self._mine = threading.local()
        self._open: set[http.client.HTTPConnection] = set()
        self._deadlines: dict[http.client.HTTPConnection, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        for connection in list(self._open):
            connection.close()

    def send(self, parcel: Parcel) -> Receipt:
        """Send one parcel and tell what became of it; it never raises."""
        begun = time.monotonic()
        status, excerpt, headers = None, "", {}
        try:
            target, address = self._place(parcel.url)
            headers = parcel.headers()
            until = begun + ATTEMPT_SECONDS
            status, excerpt = self._post(target, address, parcel.body, headers, until)
            error = "" if 200 <= status < 300 else _complaint(status, excerpt)
        except RefusedAddressError as refused:
            error = f"The address was refused: {refused}."
        except ssl.SSLError as fault:
            error = f"The connection is not trusted: {getattr(fault, 'reason', None) or fault}."
        except TimeoutError:
            error = "No answer in time."
        except (OSError, http.client.HTTPException) as fault:
            words = _words(getattr(fault, "strerror", None) or fault) or type(fault).__name__
            error = f"Not reached: {words}."
        except Exception as fault:
            # One message that cannot be sent must not hold up the others.
            _logger.exception("A webhook could not be sent")
            error = f"Odoo could not send it: {type(fault).__name__}."
        return Receipt(
            parcel=parcel,
            delivered=not error,
            reached=status is not None,
            status=status,
            error=error,
            seconds=time.monotonic() - begun,
            signature=headers.get("X-Lago-Signature", ""),
        )

    def end_overdue(self) -> None:
        """Break off attempts that take too long; call it now and then from another thread."""
        now = time.monotonic()
        with self._lock:
            overdue = [each for each, end in self._deadlines.items() if end < now]
        for connection in overdue:
            # It may have ended by itself meanwhile.
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _place(self, url: str) -> tuple[Target, str]:
        """Return where the URL leads: looked up and checked when it is first needed."""
        with self._lock:
            known = self._places.get(url)
        if known is None:
            target = parse_url(url, self._allowed)
            known = target, resolve(target, self._look_up_in_time)
            with self._lock:
                # Two threads may both have asked; all must use the same answer.
                known = self._places.setdefault(url, known)
        return known

    def _look_up_in_time(self, host: str, port: int, **options: Any) -> Sequence[Any]:
        """Look a name up, but do not wait for ever: the system's resolver itself knows no end."""
        answers: queue.SimpleQueue[Sequence[Any] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._look_up(host, port, **options))
            except Exception as fault:  # noqa: BLE001 (raised where it is waited for)
                answers.put(fault)

        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=_LOOK_UP_SECONDS)
        except queue.Empty:
            raise OSError("no name server answered in time") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _post(
        self, target: Target, address: str, body: bytes, headers: dict[str, str], until: float
    ) -> tuple[int, str]:
        connection = self._connection(target, address)
        with self._lock:
            self._deadlines[connection] = until
        keep = False
        try:
            if connection.sock is None:
                self._connect(connection, target, address)
            connection.request("POST", target.path, body, {"Host": target.header, **headers})
            answer = connection.getresponse()
            excerpt, keep = _read(answer)
            return answer.status, excerpt
        finally:
            with self._lock:
                self._deadlines.pop(connection, None)
            if not keep:
                connection.close()

    def _connection(self, target: Target, address: str) -> http.client.HTTPConnection:
        """Return this thread's connection to the place, open if the receiver kept it open."""
        mine: dict[tuple[str, str, int], http.client.HTTPConnection]
        mine = self._mine.__dict__.setdefault("connections", {})
        key = target.scheme, target.host, target.port
        if key not in mine:
            # The name is never looked up again: _connect opens the socket.
            mine[key] = http.client.HTTPConnection(address, target.port)
            mine[key].auto_open = 0
            self._open.add(mine[key])
        connection = mine[key]
        if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
            connection.close()
        return connection

    def _connect(
        self, connection: http.client.HTTPConnection, target: Target, address: str
    ) -> None:
        """Open the socket to the checked address; the certificate must be the name's."""
        plain: socket.socket = socket.create_connection((address, target.port), _CONNECT_SECONDS)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if target.scheme == "https":
                plain = self._tls.wrap_socket(
                    plain, server_hostname=target.host, do_handshake_on_connect=False
                )
            # From here on the attempt can be broken off, in the handshake too.
            connection.sock = plain
            if isinstance(plain, ssl.SSLSocket):
                plain.do_handshake()
            plain.settimeout(_READ_SECONDS)
        except BaseException:
            plain.close()
            raise


def _read(answer: http.client.HTTPResponse) -> tuple[str, bool]:
    """Return the beginning of the answer's text, and whether the connection can be used again.

    The status has come: whatever happens to the rest does not change what it says.
    """
    try:
        text = answer.read(_MOST_ANSWER_BYTES)
    except (OSError, http.client.HTTPException):
        return "", False
    keep = answer.isclosed() and not answer.will_close
    return text[: 4 * _EXCERPT_CHARACTERS].decode(errors="replace"), keep


def _complaint(status: int, excerpt: str) -> str:
    if 300 <= status < 400:
        return f"HTTP {status}: redirects are not followed."
    words = _words(excerpt)
    return f"HTTP {status}: {words}" if words else f"HTTP {status}."


def _words(said: object) -> str:
    """Return what a stranger said as one short line that a database can store."""
    words = " ".join("".join(c if c.isprintable() else " " for c in str(said)).split())
    return words[:_EXCERPT_CHARACTERS]
