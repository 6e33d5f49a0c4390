"""Where Lago's invoices of NexaDesk and NexaMaps say something else than Odoo would bill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from deployments.sample.differences import APART
from deployments.sample.lago.catalog import ChargeTerms, PlanTerms
from deployments.sample.lago.rating import rate
from deployments.sample.nexacloud.invoices import Line
from deployments.sample.nexacloud.pricing import CENT, ODD_FACTOR, RAISE
from deployments.sample.periods import days_between

DIFFERENT_SHARE = 0.25
#: What is put in, in turn: causes, and whether it strikes usage, the price, or one line.
RECIPES = (
    (("rate_rounded_to_cents",), "usage"),
    (("quota_not_applied",), "usage"),
    (("block_rating",), "usage"),
    (("proration",), "one flat"),
    (("flat_price_differs",), "flat"),
    (("plan_differs",), "both"),
    (("tax_included",), "usage"),
    (("rounding",), "one usage"),
    (("unexplained",), "one usage"),
    (("rate_rounded_to_cents", "tax_included"), "usage"),
    (("quota_not_applied", "tax_included"), "usage"),
)


@dataclass(slots=True)
class Use:
    """One price of one period: a charge with its units, or the plan's price.

    ``billed`` is what Lago bills before its rounding, ``causes`` why Odoo would not.
    """

    item: str
    start: datetime
    end: datetime
    tax: Decimal
    price: Decimal = Decimal(0)
    charge: ChargeTerms | None = None
    units: Decimal = Decimal(1)
    billed: Decimal = Decimal(-1)
    causes: tuple[str, ...] = ()
    note: str = ""
    grouped: bool = False

    def __post_init__(self) -> None:
        self.billed = self.right

    @property
    def right(self) -> Decimal:
        """What Odoo would bill, before rounding and without a minimum."""
        if self.charge is None:
            return self.price
        return rate(self.charge.model, self.charge.properties, self.units)

    @property
    def is_billed(self) -> bool:
        """Whether it stands on the invoice; Lago stores a fee for units that cost nothing."""
        return self.charge is None or self.units > 0

    def parts(self) -> list[tuple[Decimal, Decimal]]:
        """Return amount and units of each fee: two where events are grouped."""
        if not self.grouped:
            return [(self.billed, self.units)]
        few = (self.units / 3).to_integral_value()
        first = self.billed * few / self.units
        # Each part loses its half cent, so that the parts are a cent below the whole.
        return [(first, few), (self.billed - first, self.units - few)]

    def line(self) -> Line:
        """Return the line as labels know it."""
        return Line(
            self.item, self.item, self.units, self.price, self.billed, self.start, self.end,
            cause="+".join(self.causes), note=self.note,
        )  # fmt: skip


class ServiceDifferences:
    """Hands out the recipes evenly to the subscriptions where they change something."""

    def __init__(self, random: Random, plans: Sequence[PlanTerms]) -> None:
        self._random = random
        self._plans = plans
        self._used: Counter[int] = Counter()

    def put_into(self, uses: list[Use], terms: PlanTerms) -> None:
        """Bill some of a subscription's uses wrongly, or (mostly) none."""
        for use in uses:
            use.grouped = use.charge is not None and use.units > 8 and self._groups_exactly(use)
        if self._random.random() >= DIFFERENT_SHARE:
            return
        for number in sorted(range(len(RECIPES)), key=lambda n: (self._used[n], n)):
            causes, strikes = RECIPES[number]
            if self._cook(causes, strikes, uses, terms):
                self._used[number] += 1
                return

    def _groups_exactly(self, use: Use) -> bool:
        """Tell whether a few uses are billed in two fees that add up to the same cents."""
        if self._random.random() > 0.1:
            return False
        few = (use.units / 3).to_integral_value()
        first = _cents(use.right * few / use.units)
        return first + _cents(use.right - use.right * few / use.units) == _cents(use.right)

    def _cook(
        self, causes: tuple[str, ...], strikes: str, uses: list[Use], terms: PlanTerms
    ) -> bool:
        if "tax_included" in causes and not uses[0].tax if uses else True:
            return False
        sibling = next(
            (
                plan
                for plan in self._plans
                if plan is not terms
                and plan.interval == terms.interval
                and {c.metric for c in plan.charges} == {c.metric for c in terms.charges}
            ),
            None,
        )
        struck = []
        least = CENT if causes == ("rounding",) else APART
        for use in uses:
            kind = "flat" if use.charge is None else "usage"
            if strikes == "both" or strikes.endswith(kind):
                billed = self._wrong(use, causes, sibling)
                if billed is not None and abs(_cents(billed) - _cents(use.right)) >= least:
                    struck.append((use, billed))
        if strikes.startswith("one"):
            struck = struck[:1]
        for use, billed in struck:
            use.billed, use.causes, use.grouped = billed, causes, False
            use.note = " and ".join(causes)
            if "plan_differs" in causes and sibling:
                use.note = f"billed as plan {sibling.code}"
        return bool(struck)

    def _wrong(
        self, use: Use, causes: tuple[str, ...], sibling: PlanTerms | None
    ) -> Decimal | None:
        if use.right < (use.charge.minimum_cents if use.charge else 0) / Decimal(100):
            return None
        billed: Decimal | None = use.right
        for cause in causes:
            billed = None if billed is None else _changed(use, cause, billed, sibling)
        return billed


def _changed(use: Use, cause: str, billed: Decimal, sibling: PlanTerms | None) -> Decimal | None:
    properties = use.charge.properties if use.charge else {}
    match cause:
        case "rate_rounded_to_cents":
            return _rated(use, properties, amount=_rounded(properties.get("amount")))
        case "quota_not_applied" if "free_units" in properties:
            return _rated(use, properties, free_units=0)
        case "quota_not_applied" if "free_units_per_total_aggregation" in properties:
            return _rated(use, properties, free_units_per_total_aggregation=None)
        case "block_rating" if "package_size" in properties:
            return _rated(use, properties, _fractional=True)
        case "proration":
            days = days_between(use.start, use.end)
            return billed * (days * 3 // 8) / days
        case "flat_price_differs":
            return billed + RAISE
        case "plan_differs" if sibling and use.charge is None:
            return Decimal(sibling.price)
        case "plan_differs" if sibling and use.charge:
            metric = use.charge.metric
            other = next(c for c in sibling.charges if c.metric == metric)
            return rate(other.model, other.properties, use.units)
        case "tax_included":
            return billed * (1 + use.tax)
        case "rounding":
            return billed - CENT
        case "unexplained":
            return billed * ODD_FACTOR
    return None


def _rated(use: Use, properties: dict[str, Any], **changed: Any) -> Decimal | None:
    if use.charge is None or None in [changed.get("amount", "")]:
        return None
    return rate(use.charge.model, properties | changed, use.units)


def _rounded(price: str | None) -> str | None:
    """Round a price to cents; None if there is none, or nothing is left."""
    rounded = _cents(Decimal(price or 0))
    return str(rounded) if rounded else None


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
