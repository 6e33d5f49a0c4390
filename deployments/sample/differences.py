"""Chooses which subscriptions are billed wrongly, and how: each difference has one clear cause.

A difference is only put where no other cause gives nearly the same amount, so that whoever
explains the difference can be right or wrong about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from random import Random

from deployments.sample.nexacloud.pricing import CENT, Sold, Terms, Wrong, wrong_terms

#: In the order in which two at once are written.
CAUSES = (
    "rate_rounded_to_cents", "quota_not_applied", "quota_differs", "block_rating",
    "usage_missing", "usage_counted_twice", "period_boundary", "proration",
    "flat_price_differs", "plan_differs", "tax_included", "currency", "ended_before_copy",
    "kept_out", "one_off", "credit", "not_itemized", "rounding", "unexplained",
)  # fmt: skip
USAGE_CAUSES = (
    "rate_rounded_to_cents", "quota_not_applied", "quota_differs", "block_rating",
    "usage_missing", "usage_counted_twice", "period_boundary", "plan_differs", "tax_included",
)  # fmt: skip
FLAT_CAUSES = ("proration", "flat_price_differs", "plan_differs", "tax_included")
#: What is put in, in turn: causes, what they strike, and whether all such lines or one.
RECIPES = (
    (("rate_rounded_to_cents",), "usage", "all"),
    (("quota_not_applied",), "usage", "all"),
    (("quota_differs",), "usage", "all"),
    (("block_rating",), "usage", "all"),
    (("usage_missing",), "usage", "one"),
    (("usage_counted_twice",), "usage", "one"),
    (("period_boundary",), "usage", "all"),
    (("proration",), "flat", "one"),
    (("flat_price_differs",), "flat", "all"),
    (("plan_differs",), "both", "all"),
    (("tax_included",), "usage", "all"),
    (("tax_included",), "flat", "all"),
    (("currency",), "flat", "one"),
    (("rounding",), "usage", "one"),
    (("unexplained",), "usage", "one"),
    (("rate_rounded_to_cents", "quota_not_applied"), "usage", "all"),
    (("rate_rounded_to_cents", "usage_counted_twice"), "usage", "one"),
    (("rate_rounded_to_cents", "tax_included"), "usage", "all"),
    (("quota_not_applied", "usage_counted_twice"), "usage", "one"),
    (("quota_not_applied", "tax_included"), "usage", "all"),
    (("usage_counted_twice", "tax_included"), "usage", "one"),
    (("proration", "tax_included"), "flat", "one"),
)
#: Nearer amounts cannot be told apart once they are in cents.
APART = Decimal("0.02")
#: A change below this is none, at the precision that lines are compared at.
UNSEEN = Decimal("0.004")


@dataclass(slots=True)
class Priced:
    """One line's price: what it should be, and what is billed with which cause.

    ``share`` is what a prorated price would be for; ``alone``: nothing else is on its invoice.
    """

    right: Sold
    tax: Decimal
    share: Decimal
    billed: Sold
    alone: bool = False
    causes: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_flat(self) -> bool:
        """Whether it is the plan's price."""
        return self.right.seconds is None


class Differences:
    """Hands out the recipes evenly to those subscriptions where they give clear differences."""

    def __init__(self, random: Random, share: float) -> None:
        self._random = random
        self._share = share
        self._used: Counter[int] = Counter()

    def put_into(self, lines: list[Priced], others: Sequence[Terms]) -> None:
        """Bill some lines of a subscription wrongly, or (mostly) none."""
        if self._random.random() >= self._share:
            return
        for number in sorted(range(len(RECIPES)), key=lambda n: (self._used[n], n)):
            if self._cook(RECIPES[number], lines, others):
                self._used[number] += 1
                return

    def _cook(
        self,
        recipe: tuple[tuple[str, ...], str, str],
        lines: list[Priced],
        others: Sequence[Terms],
    ) -> bool:
        causes, strikes, extent = recipe
        struck = [line for line in lines if _strikes(strikes, line, causes)]
        if extent == "one":
            self._random.shuffle(struck)
        for note, wrongs in _ways(causes, others, struck):
            changed = [(line, _apply(wrongs(line), line.right)) for line in struck]
            seen = [(line, sold) for line, sold in changed if _is_seen(line, sold)]
            clear = [(line, sold) for line, sold in seen if _is_clear(line, sold, causes, others)]
            if extent == "one":
                seen = clear = clear[:1]
            if seen and len(clear) == len(seen):
                for line, sold in seen:
                    line.billed, line.causes, line.note = sold, causes, note
                return True
        return False


def _strikes(strikes: str, line: Priced, causes: tuple[str, ...]) -> bool:
    if "currency" in causes and not line.alone:
        return False
    if "tax_included" in causes and not line.tax:
        return False
    return strikes == "both" or line.is_flat == (strikes == "flat")


def _ways(
    causes: tuple[str, ...], others: Sequence[Terms], lines: list[Priced]
) -> Iterator[tuple[str, Callable[[Priced], list[Wrong]]]]:
    """Yield a note and the wrongs to apply to a line, for each way of the first cause."""
    if not lines:
        return
    firsts = [note for note, _ in wrong_terms(causes[0], others, lines[0].tax, lines[0].share)]
    for number, note in enumerate(firsts):

        def wrongs(line: Priced, number: int = number) -> list[Wrong]:
            ways = [list(wrong_terms(c, others, line.tax, line.share)) for c in causes]
            return [ways[0][number][1], *(way[0][1] for way in ways[1:])]

        yield note if len(causes) == 1 else f"{note}; {' and '.join(causes)}", wrongs


def _apply(wrongs: Sequence[Wrong], sold: Sold) -> Sold:
    for wrong in wrongs:
        sold = wrong(sold)
    return sold


def _cents(sold: Sold) -> Decimal:
    return sold.amount(CENT)


def _is_seen(line: Priced, sold: Sold) -> bool:
    exact = Decimal("0.000001")
    moved = abs(sold.amount(exact) - line.right.amount(exact))
    return moved > UNSEEN or sold.currency != line.right.currency


def _is_clear(line: Priced, sold: Sold, causes: tuple[str, ...], others: Sequence[Terms]) -> bool:
    """Tell whether no other cause, nor two (if these are two), give about the same amount."""
    amount, right = _cents(sold), _cents(line.right)
    if causes == ("rounding",):
        return amount == right - CENT and amount > 0
    if causes == ("usage_missing",):
        return right >= APART
    if abs(amount - right) < APART or not amount:
        return False
    kinds = FLAT_CAUSES if line.is_flat else USAGE_CAUSES
    ways = {c: [w for _, w in wrong_terms(c, others, line.tax, line.share)] for c in kinds}
    if not line.tax:
        del ways["tax_included"]
    rivals: list[tuple[Wrong, ...]] = [
        (w,) for c, given in ways.items() for w in given if causes != (c,)
    ]
    if len(causes) == 2:
        few = {c: given[0] for c, given in ways.items() if len(given) == 1}
        rivals += [(few[a], few[b]) for a, b in combinations(few, 2) if {a, b} != set(causes)]
    return all(abs(_cents(_apply(wrongs, line.right)) - amount) >= APART for wrongs in rivals)
