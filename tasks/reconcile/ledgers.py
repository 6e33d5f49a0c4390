"""All that a reconciliation read, and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from tasks.model.ledger import LEDGER_SCHEMA
from tasks.reconcile.coupons import Coupons, as_applied
from tasks.reconcile.long_periods import LongSide
from tasks.reconcile.pages import PAGE_LINES, OnDisk, Span, page_spans
from tasks.reconcile.source import SUBSCRIPTIONS_SCHEMA, Source, joined, lives_of
from tasks.reconcile.window import SWITCHED_SCHEMA

#: Odoo's lines, what was billed, and what the source says of them.
Page = tuple[pl.DataFrame, pl.DataFrame, Source]


@dataclass(frozen=True, slots=True)
class Side:
    """What a source billed, and what it says is due.

    ``lines`` and ``expected`` are of ``LEDGER_SCHEMA``, ``subscriptions`` of
    ``SUBSCRIPTIONS_SCHEMA`` (several rows of one count together); ``rest`` is what else it says.
    """

    lines: OnDisk = field(default_factory=lambda: OnDisk(LEDGER_SCHEMA))
    expected: OnDisk = field(default_factory=lambda: OnDisk(LEDGER_SCHEMA))
    subscriptions: OnDisk = field(default_factory=lambda: OnDisk(SUBSCRIPTIONS_SCHEMA))
    rest: Source = field(default_factory=Source)

    def add(self, told: Source) -> Source:
        """Put on disk what a source says of subscriptions; gives the rest."""
        self.expected.add(told.expected)
        self.subscriptions.add(told.subscriptions)
        nothing = told.expected.clear(), told.subscriptions.clear()
        return replace(told, expected=nothing[0], subscriptions=nothing[1])

    def source(self, span: Span) -> Source:
        """Give what it says of some subscriptions, and the rest."""
        return replace(
            self.rest,
            expected=self.expected.part(span),
            subscriptions=lives_of(self.subscriptions.part(span)),
        )


@dataclass(frozen=True, slots=True)
class OdooLedger:
    """Odoo's lines, how many orders they are of, what Odoo could not rate, and what it bills.

    ``switched`` (``SWITCHED_SCHEMA``) says from when on Odoo bills a subscription. ``long`` are the
    prices that were due last (``tasks.reconcile.long_periods``).
    """

    lines: OnDisk
    orders: int
    failed: tuple[dict[str, Any], ...] = field(default=())
    switched: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SWITCHED_SCHEMA))
    long: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LEDGER_SCHEMA))


@dataclass(frozen=True, slots=True)
class NexaCloudLedger:
    """NexaCloud's lines, and the invoices that a rule has something to say of.

    Attributes:
        side: The lines of the invoices that count, of the asked origins; what is due by the terms,
            and what is known of whom.
        invoices: Those read of these origins, void ones included.
        void: Those of them that are void, or a draft still.
        suspicious: Facts on invoices, for the quality rules.
        orphans: Facts on items of no invoice.
        long: What was billed, and what is due, of periods longer than a month.
    """

    side: Side
    invoices: dict[str, int]
    void: int = 0
    suspicious: tuple[dict[str, Any], ...] = ()
    orphans: tuple[dict[str, Any], ...] = ()
    long: LongSide = field(default_factory=LongSide)


@dataclass(frozen=True, slots=True)
class LagoLedger:
    """What Lago says of some services, the invoices that they are of, and how the reading went.

    ``coupons`` says when each was first used, ``long`` what was billed and is due of periods longer
    than a month.
    """

    side: Side
    invoices: int
    notes: tuple[str, ...]
    long: LongSide = field(default_factory=LongSide)
    coupons: Coupons = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ledgers:
    """All that was read; None is what was not asked."""

    odoo: OdooLedger
    nexacloud: NexaCloudLedger | None
    lago: LagoLedger | None

    @property
    def billed_by(self) -> str:
        """Name the systems whose invoices were read."""
        named = (("NexaCloud", self.nexacloud), ("Lago", self.lago))
        return " and ".join(name for name, side in named if side is not None)

    @property
    def billed_lines(self) -> int:
        """How many lines the other sides have."""
        return sum(side.lines.height for side in self._sides())

    def odoo_long(self) -> pl.DataFrame:
        """Give Odoo's prices of periods longer than a month."""
        return self._as_applied(self.odoo.long)

    def long(self) -> list[LongSide]:
        """Give what the sources that were asked say of periods longer than a month."""
        return [side.long for side in (self.nexacloud, self.lago) if side is not None]

    def source_of(self, subscriptions: pl.DataFrame) -> Source:
        """Put together what the sources say, but for what is due, of these and of customers.

        Args:
            subscriptions: ``service`` and ``subscription``.
        """
        keys = ["service", "subscription"]

        def known(side: Side) -> Source:
            pages = map(side.subscriptions.part, page_spans([side.subscriptions], PAGE_LINES))
            theirs = pl.concat(page.join(subscriptions, on=keys, how="semi") for page in pages)
            return replace(side.rest, subscriptions=lives_of(theirs))

        return joined([known(each) for each in self._sides()])

    def rest(self) -> Source:
        """Put together what the sources say besides what is due and of whom."""
        return joined([each.rest for each in self._sides()])

    def pages(self, page_lines: int) -> Iterator[Page]:
        """Give the ledgers in pages of so many lines, about; there is always one."""
        sides = self._sides()
        on_disk = [self.odoo.lines, *(d for s in sides for d in (s.lines, s.expected))]
        for span in page_spans(on_disk, page_lines):
            odoo = self._as_applied(self.odoo.lines.part(span))
            external = pl.concat(
                [pl.DataFrame(schema=LEDGER_SCHEMA), *(each.lines.part(span) for each in sides)]
            )
            yield odoo, external, joined([each.source(span) for each in sides])

    def _as_applied(self, odoo: pl.DataFrame) -> pl.DataFrame:
        if self.lago is None:
            return odoo
        return as_applied(odoo, self.odoo.switched["subscription"], self.lago.coupons)

    def _sides(self) -> list[Side]:
        return [each.side for each in (self.nexacloud, self.lago) if each is not None]
