"""Single values as Lago writes them."""

from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from zoneinfo import ZoneInfo

# Amounts may have more digits than decimals have by themselves.
WIDE = Context(prec=100)

#: Odoo's states of an invoice that nobody has to pay any more.
PAID = ("paid", "in_payment", "reversed")


def cents(amount, currency) -> int:
    """Return an amount in the currency's smallest unit, half a unit away from zero.

    Args:
        amount: Major units: a decimal, or a float of Odoo, whose shortest text is meant.
        currency: A ``res.currency``: yen have no decimals, dinars three.
    """
    number = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    whole = number.scaleb(currency.decimal_places, WIDE).quantize(Decimal(1), ROUND_HALF_UP, WIDE)
    return int(whole)


def major(amount_cents, currency) -> float:
    """Return an amount in the currency's smallest unit as Odoo has it: in major units."""
    return float(Decimal(amount_cents).scaleb(-currency.decimal_places, WIDE))


def decimal_text(number) -> str:
    """Return a number as Lago writes units and rates: plain digits with at least one decimal."""
    number = number if isinstance(number, Decimal) else Decimal(str(number))
    digits = format(number, "f")
    whole, _point, decimals = digits.partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"


def moment(value: datetime | bool | None) -> str | None:
    """Return a moment that Odoo stores (UTC without a zone) as Lago writes it."""
    return f"{value.replace(microsecond=0).isoformat()}Z" if value else None


def precise_moment(value: datetime | None) -> str | None:
    """Return a moment with its milliseconds."""
    return f"{value.isoformat(timespec='milliseconds')}Z" if value else None


def day(value: date | bool | None) -> str | None:
    """Return a date."""
    return value.isoformat() if value else None


def first_moment(value: date | bool | None, zone: str) -> datetime | None:
    """Return the UTC moment, without a zone, at which a day begins in ``zone``."""
    if not value:
        return None
    return datetime.combine(value, time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
