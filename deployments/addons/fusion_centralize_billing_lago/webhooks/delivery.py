"""Deliver what is due: take, send at once, write down what became of each, take more."""

import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from uuid import uuid4

from . import queue, signing
from .queue import Leased
from .sender import Parcel, Receipt, Sender

THREADS = 16
#: So many are taken ahead that threads have work, and so few that all are sent before the
#: lease ends even if each attempt takes as long as it may.
TAKEN = 4 * THREADS
LEASE_SECONDS = 180
#: So often in a row an endpoint may not answer before it is left alone.
_SILENCES = 5


@dataclass(frozen=True, slots=True)
class Terms:
    """How to deliver, from Odoo's settings.

    Attributes:
        allowed: Hosts that may be inside the network.
        most_attempts: After so many a message is given up.
        first_seconds: The longest wait after the first failure; it doubles each time.
        issuer: Odoo's own address, for tokens.
        keys: Signing keys by service id: secret and private key.
    """

    allowed: frozenset[str]
    most_attempts: int
    first_seconds: float
    issuer: str
    keys: dict[int, tuple[str, str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt, with what became of its message.

    Attributes:
        leased: What was sent.
        receipt: How the attempt went.
        state: Of the message now: ``delivered``, ``pending``, ``dead``.
        next_retry_at: When it is sent again, if it waits.
    """

    leased: Leased
    receipt: Receipt
    state: str
    next_retry_at: object


class Delivery:
    """One worker's delivery, from its first message to its last."""

    def __init__(self, registry, worker: str, terms: Terms) -> None:
        self._registry = registry
        self._owner = f"{worker}/{uuid4().hex[:8]}"
        self._terms = terms
        self._private_keys = {}
        self._silences = Counter()
        self._on_the_way: dict[Future, Leased] = {}
        self.outcomes: list[Outcome] = []

    def run(self, *, most: int, seconds: float, service_id=None) -> list[Outcome]:
        """Send until nothing is due, or so many were taken, or the time is over.

        What is on its way when the time is over is waited for.
        """
        until = time.monotonic() + seconds
        left, maybe_more = most, True
        with Sender(self._terms.allowed) as sender, ThreadPoolExecutor(THREADS) as pool:
            while True:
                if time.monotonic() >= until or not left:
                    maybe_more = False
                if maybe_more and len(self._on_the_way) <= THREADS:
                    room = min(TAKEN - len(self._on_the_way), left)
                    taken = self._take(room, service_id)
                    left -= len(taken)
                    maybe_more = bool(taken)
                    for leased in taken:
                        self._on_the_way[pool.submit(sender.send, self._parcel(leased))] = leased
                if not self._on_the_way:
                    return self.outcomes
                done, _rest = wait(self._on_the_way, timeout=1, return_when=FIRST_COMPLETED)
                sender.end_overdue()
                if done:
                    self._record(done)
                    # A sent one makes room for the next of its subscription.
                    maybe_more = True

    def _take(self, most: int, service_id) -> list[Leased]:
        return queue.lease(
            self._registry, self._owner, most=most, seconds=LEASE_SECONDS, service_id=service_id
        )

    def _parcel(self, leased: Leased) -> Parcel:
        body = leased.body.encode()
        return Parcel(
            id=leased.id,
            attempts=leased.attempts,
            endpoint_id=leased.endpoint_id,
            url=leased.url,
            body=body,
            headers=lambda: {
                "Content-Type": "application/json",
                "User-Agent": "Odoo-Centralized-Billing",
                "X-Lago-Signature": self._signature(leased, body),
                "X-Lago-Signature-Algorithm": leased.algorithm,
                "X-Lago-Unique-Key": leased.unique_key,
            },
        )

    def _signature(self, leased: Leased, body: bytes) -> str:
        secret, private_key = self._terms.keys[leased.service_id]
        if leased.algorithm == signing.HMAC:
            return signing.hmac_signature(body, secret)
        if leased.service_id not in self._private_keys:
            self._private_keys[leased.service_id] = signing.load_private_key(private_key)
        return signing.jwt_signature(
            body, self._private_keys[leased.service_id], self._terms.issuer
        )

    def _record(self, done) -> None:
        receipts = {future: future.result() for future in done}
        states = queue.record(
            self._registry,
            self._owner,
            list(receipts.values()),
            most_attempts=self._terms.most_attempts,
            first_seconds=self._terms.first_seconds,
        )
        for future, receipt in receipts.items():
            leased = self._on_the_way.pop(future)
            state, next_retry_at = states[leased.id]
            self.outcomes.append(Outcome(leased, receipt, state, next_retry_at))
            self._listen(receipt)

    def _listen(self, receipt: Receipt) -> None:
        """Leave an endpoint alone that does not answer, and give back what waits for it.

        So its messages keep their attempts, and the others' do not wait for it.
        """
        endpoint_id = receipt.parcel.endpoint_id
        if receipt.reached:
            self._silences[endpoint_id] = 0
            return
        self._silences[endpoint_id] += 1
        if self._silences[endpoint_id] < _SILENCES:
            return
        self._silences[endpoint_id] = 0
        queue.pause(self._registry, endpoint_id, 6 * self._terms.first_seconds)
        back = [
            future
            for future, leased in self._on_the_way.items()
            if leased.endpoint_id == endpoint_id and future.cancel()
        ]
        ids = [self._on_the_way.pop(future).id for future in back]
        queue.release(self._registry, self._owner, ids)
