"""Deliver what is due: take, send at once, write down what became of each, take more."""

import time
from collections import Counter, defaultdict, deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from uuid import uuid4

from . import queue, signing
from .pace import Shares
from .queue import Leased
from .sender import Parcel, Receipt, Sender

THREADS = 32
#: Of them one endpoint has at most so many.
MOST_OF_ONE = 16
#: So many are taken ahead for each that may be on its way: threads have work, and all are sent
#: before the lease ends even if each attempt takes as long as it may.
_AHEAD = 2
TAKEN = 4 * THREADS
LEASE_SECONDS = 180


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
        self._shares = Shares(MOST_OF_ONE)
        self._on_the_way: dict[Future, Leased] = {}
        self._active: Counter[int] = Counter()
        self._waiting: dict[int, deque[Leased]] = defaultdict(deque)
        self.outcomes: list[Outcome] = []

    def run(self, *, most: int, seconds: float, services=None) -> list[Outcome]:
        """Send until nothing is due, or so many were taken, or the time is over.

        What is on its way when the time is over is waited for; what was only taken is given back.
        """
        until = time.monotonic() + seconds
        left, maybe_more = most, True
        with Sender(self._terms.allowed) as sender, ThreadPoolExecutor(THREADS) as pool:
            while True:
                is_over = time.monotonic() >= until
                if is_over:
                    self._give_back(list(self._waiting))
                elif maybe_more and left and self._held() <= THREADS:
                    taken = self._take(min(TAKEN - self._held(), left), services)
                    left -= len(taken)
                    maybe_more = bool(taken)
                self._start(pool, sender)
                if not self._on_the_way:
                    return self.outcomes
                done, _rest = wait(self._on_the_way, timeout=1, return_when=FIRST_COMPLETED)
                sender.end_overdue()
                if done:
                    self._record(done)
                    # A sent one makes room for the next of its subscription.
                    maybe_more = True

    def _held(self) -> int:
        return len(self._on_the_way) + sum(map(len, self._waiting.values()))

    def _take(self, most: int, services) -> list[Leased]:
        """Take the oldest messages that are due, of each endpoint no more than its share."""
        rooms = {
            endpoint_id: max(0, _AHEAD * self._shares.of(endpoint_id) - self._held_of(endpoint_id))
            for endpoint_id in {*self._shares.known(), *self._active, *self._waiting}
        }
        taken = queue.lease(
            self._registry,
            self._owner,
            most=most,
            seconds=LEASE_SECONDS,
            services=services,
            rooms=rooms,
            room=_AHEAD,
        )
        for leased in taken:
            self._waiting[leased.endpoint_id].append(leased)
        return taken

    def _held_of(self, endpoint_id: int) -> int:
        return self._active[endpoint_id] + len(self._waiting[endpoint_id])

    def _start(self, pool: ThreadPoolExecutor, sender: Sender) -> None:
        """Send what waits, as far as the share of its endpoint goes."""
        for endpoint_id, waiting in self._waiting.items():
            while waiting and self._active[endpoint_id] < self._shares.of(endpoint_id):
                leased = waiting.popleft()
                self._active[endpoint_id] += 1
                self._on_the_way[pool.submit(sender.send, self._parcel(leased))] = leased

    def _give_back(self, endpoint_ids: list[int]) -> None:
        """Let others send what was taken for these endpoints and is not on its way."""
        ids = [leased.id for one in endpoint_ids for leased in self._waiting[one]]
        for endpoint_id in endpoint_ids:
            self._waiting[endpoint_id].clear()
        queue.release(self._registry, self._owner, ids)

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
            self._active[leased.endpoint_id] -= 1
            state, next_retry_at = states[leased.id]
            self.outcomes.append(Outcome(leased, receipt, state, next_retry_at))
            self._learn(receipt)

    def _learn(self, receipt: Receipt) -> None:
        """Leave an endpoint alone that does not answer, and give back what waits for it.

        So its messages keep their attempts, and the others' do not wait for it.
        """
        endpoint_id = receipt.parcel.endpoint_id
        self._shares.learn(
            endpoint_id,
            delivered=receipt.delivered,
            reached=receipt.reached,
            seconds=receipt.seconds,
        )
        if self._shares.is_lost(endpoint_id):
            queue.pause(self._registry, endpoint_id, 6 * self._terms.first_seconds)
            self._give_back([endpoint_id])
        elif len(self._waiting[endpoint_id]) > _AHEAD * self._shares.of(endpoint_id):
            # It was quick when they were taken.
            self._give_back([endpoint_id])
