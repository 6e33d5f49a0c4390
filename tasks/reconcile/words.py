"""The words in which a reconciliation tells a reader who knows billing what differs and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasks.model.ledger import Cause, Family, LineOutcome, WrongSide
from tasks.report import words

NOBODY = "the other side"
ORIGIN_NAMES = {
    "lago": "Lago",
    "nexacloud": "NexaCloud's invoices",
    "stripe": "Stripe",
    "odoo": "Odoo",
}
_ACTORS = {"lago": "Lago", "nexacloud": "NexaCloud", "stripe": "Stripe"}
OUTCOME_NAMES: dict[str, str] = {
    LineOutcome.MATCH: "Same on both sides",
    LineOutcome.DELTA: "On both sides, with different amounts",
    LineOutcome.MISSING_IN_ODOO: "Billed, but not in Odoo",
    LineOutcome.MISSING_IN_EXTERNAL: "In Odoo, but never billed",
}
WRONG_NAMES: dict[str, str] = {
    WrongSide.NONE: "Settled",
    WrongSide.COPY: "Our copy in Odoo",
    WrongSide.BILLED: "What was billed",
    WrongSide.TERMS: "How we read the terms",
    WrongSide.OPEN: "Not known yet",
}
_FAMILIES: dict[str, str] = {
    Family.PLAN: "Plan prices",
    Family.USAGE: "Usage",
    Family.ADDON: "Add-ons",
    Family.ONE_OFF: "One-off charges",
    Family.PRORATION: "Parts of a period",
    Family.CREDIT: "Credits and discounts",
    Family.OTHER: "Other",
}


@dataclass(frozen=True, slots=True)
class CauseWords:
    """A cause in a few words, in a sentence, and what would make it go away."""

    title: str
    sentence: str
    fix: str


# {billed} is who billed.
_CAUSES: dict[str, CauseWords] = {
    Cause.RATE_ROUNDED_TO_CENTS: CauseWords(
        "Rate rounded to cents",
        "{billed} multiplied the usage by a rate rounded to whole cents. Odoo uses the exact rate.",
        "Bill with the exact rate, or put the rounded rate into Odoo's charge if it was agreed.",
    ),
    Cause.QUOTA_NOT_APPLIED: CauseWords(
        "Included quantity not deducted",
        "{billed} charged the usage from the first unit. The plan includes some of it for free.",
        "Deduct the included quantity where the usage is billed.",
    ),
    Cause.QUOTA_DIFFERS: CauseWords(
        "Another included quantity",
        "{billed} deducted another quantity than the plan in Odoo includes.",
        "Agree on the included quantity, then correct the side that is wrong.",
    ),
    Cause.BLOCK_RATING: CauseWords(
        "Charged in whole blocks",
        "{billed} charged every block that was begun. Odoo charges exactly what was used.",
        "Agree on whole blocks or exact use, then set the charge the same way on both sides.",
    ),
    Cause.USAGE_MISSING: CauseWords(
        "Usage missing on one side",
        "One side has less usage for this period, or none at all.",
        "Find the missing usage and load it; then compare again.",
    ),
    Cause.USAGE_COUNTED_TWICE: CauseWords(
        "Usage counted twice",
        "One side counted the same usage two times.",
        "Remove the second copy and correct the invoice.",
    ),
    Cause.PERIOD_BOUNDARY: CauseWords(
        "Period begins at another moment",
        "The two sides cut the period at different moments, often for want of a time zone, so "
        "usage near the edge falls into another period.",
        "Let both sides begin the period at the same moment in the company's time zone.",
    ),
    Cause.PRORATION: CauseWords(
        "Only part of the period billed",
        "One side billed a part of the period, the other side all of it.",
        "Agree on how a period that is not whole is billed.",
    ),
    Cause.FLAT_PRICE_DIFFERS: CauseWords(
        "Another price",
        "{billed} billed another price for the plan or the add-on than Odoo has.",
        "Correct the price on the side that is wrong.",
    ),
    Cause.PLAN_DIFFERS: CauseWords(
        "Another plan",
        "The amount is that of another plan than the one that the subscription has in Odoo.",
        "Put the subscription on the plan that the customer bought, on both sides.",
    ),
    Cause.TAX_INCLUDED: CauseWords(
        "Tax included in the amount",
        "{billed} billed an amount with tax in it. Everything here is compared before tax.",
        "Store the amount before tax where it is billed.",
    ),
    Cause.CURRENCY: CauseWords(
        "Billed in another currency",
        "The two sides have this line in different currencies. It is listed once in each, so that "
        "both totals stay true.",
        "Give the subscription in Odoo the currency in which the customer is billed.",
    ),
    Cause.TAX_DIFFERS: CauseWords(
        "Another tax",
        "Both sides have the same amount before tax, and another rate of tax on it.",
        "Correct the customer's province, exemption or fiscal position in Odoo, or the tax there.",
    ),
    Cause.BILLED_TWICE: CauseWords(
        "Billed twice",
        "{billed} billed the same item of the same period more than once.",
        "Credit what was billed once too often.",
    ),
    Cause.ENDED_BEFORE_COPY: CauseWords(
        "Subscription ended before the copy",
        "The subscription had ended when the customers were copied, so Odoo has no order of it.",
        "Nothing where it was billed as its terms say; else settle it with the customer.",
    ),
    Cause.KEPT_OUT: CauseWords(
        "Kept out of the copy",
        "A quality rule kept the subscription, or what it needs, out of Odoo.",
        "Correct the row at the source as the quarantine says, and load it again.",
    ),
    Cause.BEGINS_LATER: CauseWords(
        "Begins later in Odoo",
        "Odoo's order begins after the time that was billed.",
        "Nothing if the time before stays billed where it was; else move the order's start.",
    ),
    Cause.ADDON_MISSING: CauseWords(
        "Add-on missing in Odoo",
        "{billed} billed an add-on or a fixed charge that the order in Odoo does not have, or "
        "bills with another period: by the year, say.",
        "Load the add-on, or take it off where it is billed.",
    ),
    Cause.ONE_OFF: CauseWords(
        "Billed once",
        "A one-off charge is billed by no subscription, and is not carried over.",
        "Decide that it stays where it was billed.",
    ),
    Cause.CREDIT: CauseWords(
        "Credit",
        "{billed} gave money back. Odoo gives none for this period.",
        "Decide that it was given once, or give the customer the rest of it in Odoo.",
    ),
    Cause.DISCOUNT: CauseWords(
        "Discount",
        "{billed} took a discount off. The order in Odoo does not have it.",
        "Put the discount on the order if it goes on, else decide that it is over.",
    ),
    Cause.NOT_ITEMIZED: CauseWords(
        "Nothing tells what it is for",
        "The invoice has an amount that none of its items names.",
        "Ask whoever made the invoice what it is for, then decide.",
    ),
    Cause.PRICE_NOT_COMPARED: CauseWords(
        "Price not compared",
        "The price that was due last was not found in any bill: its period began before the bills "
        "that are there, was free, or its plan or add-on was changed since.",
        "Compare the order's price with the contract, then decide that Odoo's is right.",
    ),
    Cause.ROUNDING: CauseWords(
        "Rounding",
        "Both sides computed the same and rounded differently.",
        "Nothing, if a cent is acceptable: raise the tolerance. Otherwise round at the same step.",
    ),
    Cause.UNEXPLAINED: CauseWords(
        "Not explained",
        "No known reason gives this amount. Somebody must look at each of these lines.",
        "Look at the lines, largest first, with both invoices side by side.",
    ),
}


def cause_words(code: str, billed: str = NOBODY) -> CauseWords:
    """Put a cause into words; several at once are told together.

    Args:
        code: Name of a cause, or names joined by ``+``.
        billed: Who billed; only the sentence speaks of it.
    """
    parts = [_single(part, billed) for part in code.split("+")]
    if len(parts) == 1:
        return parts[0]
    first, *others = [part.title for part in parts]
    return CauseWords(
        joined([first, *(other[:1].lower() + other[1:] for other in others)]),
        "Several reasons at once give this amount. " + " ".join(part.sentence for part in parts),
        " ".join(part.fix for part in parts),
    )


def actor_name(origins: Iterable[str]) -> str:
    """Name who billed, so that a sentence can say what it did.

    >>> actor_name(["stripe", "lago", "nexacloud"])
    'Lago, NexaCloud and Stripe'
    """
    known = sorted({_ACTORS.get(origin, origin) for origin in origins if origin})
    return joined(known) if known else NOBODY


def side_name(origins: Iterable[str]) -> str:
    """Name the side that is compared with Odoo.

    >>> side_name(["nexacloud", "lago"]), side_name([])
    ("Lago and NexaCloud's invoices", 'the other side')
    """
    known = sorted({ORIGIN_NAMES.get(origin, origin) for origin in origins if origin})
    return joined(known) if known else NOBODY


def item_name(item: str) -> str:
    """Name what was billed.

    >>> item_name("flat"), item_name("usage:cpu_seconds"), item_name("addon:Setup fee")
    ('Plan price', 'Usage: cpu seconds', 'Add-on: Setup fee')
    """
    kind, _, name = item.partition(":")
    known = {
        "flat": "Plan price",
        "addon": "Add-on",
        "minimum": "Minimum commitment",
        "fixed": "Fixed charge",
    }
    title = known.get(kind) or words.humanize(kind)
    return f"{title}: {name.replace('_', ' ')}" if name else title


def family_name(family: str) -> str:
    """Name a kind of revenue."""
    return _FAMILIES.get(family, family)


def amounts(by_currency: Mapping[str, Decimal]) -> str:
    """Write amounts of several currencies side by side, to the cent.

    >>> amounts({"CAD": Decimal("1234.5"), "USD": Decimal(3)}), amounts({})
    ('1,234.50 CAD and 3.00 USD', '0.00')
    """
    told = [cents(amount, currency) for currency, amount in by_currency.items()]
    return joined(told) if told else "0.00"


def cents(amount: Decimal, currency: str) -> str:
    """Write an amount for a headline: to the cent, exactly only if it is less than one.

    >>> cents(Decimal("2917.1301"), "CAD"), cents(Decimal("0.0049"), "CAD")
    ('2,917.13 CAD', '0.0049 CAD')
    """
    rounded = round(amount, 2)
    return words.money(rounded if rounded else amount, currency)


def apart(deltas: Mapping[str, Decimal]) -> str:
    """Tell how far Odoo's amounts are from the billed ones, by currency.

    >>> apart({"CAD": Decimal("-1234.5"), "USD": Decimal(3)}), apart({"CAD": Decimal(0)})
    ('1,234.50 CAD less and 3.00 USD more', 'the same')
    """
    if not any(deltas.values()):
        return "the same"
    return joined([_apart(delta, currency) for currency, delta in deltas.items()])


def signed(amount: Decimal, currency: str = "", least: int = 2) -> str:
    """Write a difference exactly, with its sign; none for zero.

    >>> signed(Decimal("1234.5"), "CAD"), signed(Decimal("-0.01"))
    ('+1,234.50 CAD', '−0.01')
    """
    told = words.money(abs(amount), currency, least)
    return f"+{told}" if amount > 0 else f"−{told}" if amount < 0 else told


def day_text(moment: datetime | None, zone: ZoneInfo) -> str:
    """Write the day on which a period starts or ends; its time too, if it is not midnight.

    Midnight in UTC counts as well: that is how a side without time zones cuts its periods.

    >>> toronto = ZoneInfo("America/Toronto")
    >>> day_text(datetime(2026, 8, 1, 4, tzinfo=UTC), toronto)
    '2026-08-01'
    >>> day_text(datetime(2026, 8, 1, tzinfo=UTC), toronto)
    '2026-08-01'
    >>> day_text(datetime(2026, 8, 1, 16, 30, tzinfo=UTC), toronto)
    '2026-08-01 12:30'
    """
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    if moment.astimezone(UTC).time() == time(0):
        return f"{moment.astimezone(UTC):%Y-%m-%d}"
    return f"{local:%Y-%m-%d}" if local.time() == time(0) else f"{local:%Y-%m-%d %H:%M}"


def joined(names: list[str]) -> str:
    """Join names as a sentence does.

    >>> joined(["Lago", "NexaCloud", "Stripe"])
    'Lago, NexaCloud and Stripe'
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _apart(delta: Decimal, currency: str) -> str:
    if not delta:
        return f"the same in {currency}"
    return f"{cents(abs(delta), currency)} {'more' if delta > 0 else 'less'}"


def _single(code: str, billed: str) -> CauseWords:
    known = _CAUSES.get(code)
    if known is None:
        return CauseWords(words.humanize(code), "", "")
    sentence = known.sentence.format(billed=billed)
    return CauseWords(known.title, sentence[:1].upper() + sentence[1:], known.fix)
