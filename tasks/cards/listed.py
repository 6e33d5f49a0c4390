"""An exported list of cards, line by line; a bad line costs its customer, and is not repeated."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable

from tasks.model.cards import CARD, Card, Holder, brand_code
from tasks.model.errors import ConfigError

#: Column -> other names that exports give it.
COLUMNS = {
    "stripe_customer_id": ("customer", "customer_id"),
    "payment_method": ("payment_method_id", "payment_method id", "card_id"),
    "brand": ("card_brand",),
    "last4": ("card_last4",),
    "exp_month": ("card_exp_month",),
    "exp_year": ("card_exp_year",),
    "default": ("is_default",),
}
_YES, _NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0", ""}
_CUSTOMER = re.compile(r"cus_\w{1,250}", re.ASCII)
_METHOD = re.compile(r"(pm|card|src)_\w{1,250}", re.ASCII)
_DIGITS = re.compile(r"(?:[0-9][ -]?){12,18}[0-9]", re.ASCII)


def parse_list(lines: Iterable[str]) -> tuple[dict[str, Holder], tuple[str, ...]]:
    """Read an exported list: a line for each card of each customer.

    Returns:
        The customers by their Stripe id, and a sentence for each line that names no customer.

    Raises:
        ConfigError: It has not the columns of such a list.
    """
    reader = csv.reader(lines)
    try:
        header = next(reader, [])
        places = _places(header)
        found: dict[str, Holder] = {}
        lost: list[str] = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                _take(found, lost, reader.line_num, _named(cells, places))
    except csv.Error:
        raise ConfigError(f"Line {reader.line_num} of the list of cards is no CSV.") from None
    return found, tuple(lost)


def _places(header: list[str]) -> dict[str, int]:
    names = [name.strip().lower().removeprefix("\ufeff") for name in header]
    places: dict[str, int] = {}
    for column, others in COLUMNS.items():
        known = [name for name in (column, *others) if name in names]
        if known:
            places[column] = names.index(known[0])
    missing = [column for column in COLUMNS if column not in places]
    if missing:
        raise ConfigError(f"The list of cards lacks the columns {', '.join(missing)}.")
    return places


def _named(cells: list[str], places: dict[str, int]) -> dict[str, str]:
    padded = [*cells, *[""] * len(places), *[""] * max(places.values())]
    return {column: padded[place].strip() for column, place in places.items()}


def _take(found: dict[str, Holder], lost: list[str], line: int, row: dict[str, str]) -> None:
    customer = row["stripe_customer_id"]
    if not _CUSTOMER.fullmatch(customer) or holds_number(customer):
        lost.append(f"Line {line} names no Stripe customer (cus_...).")
        return
    held = found.get(customer, Holder(customer))
    card, fault = _card(row)
    is_default = row["default"].lower() in _YES
    default = held.default
    if fault is None and is_default and default is not None and default != row["payment_method"]:
        fault = "is another default payment method of the customer"
    if fault is None and any(one.payment_method == row["payment_method"] for one in held.cards):
        fault = "names a payment method for the second time"
    if fault is not None or card is None:
        said = held.fault or f"Line {line} of the list {fault}."
        found[customer] = Holder(customer, "known", default, held.cards, said)
        return
    default = card.payment_method if is_default else default
    found[customer] = Holder(customer, "known", default, (*held.cards, card), held.fault)


def _card(row: dict[str, str]) -> tuple[Card | None, str | None]:
    """Give the line's card, or what is wrong with the line; no value of it is repeated."""
    if any(holds_number(cell) for cell in row.values()):
        return None, "holds what looks like a whole card number: delete it, last4 is enough"
    if not _METHOD.fullmatch(row["payment_method"]):
        return None, "has no payment method of Stripe's (pm_...)"
    if row["default"].lower() not in _YES | _NO:
        return None, "says neither yes nor no to being the default"
    # An export writes 0042 as 42 once a spreadsheet had it.
    last4 = row["last4"].zfill(4) if row["last4"] else ""
    month, year = (_whole(row[name]) for name in ("exp_month", "exp_year"))
    if row["brand"] and not (last4 or row["exp_month"] or row["exp_year"]):
        return Card(row["payment_method"], kind=brand_code(row["brand"])), None
    if not re.fullmatch(r"[0-9]{4}", last4, re.ASCII):
        return None, "has no last four digits"
    year = year + 2000 if year is not None and year < 100 else year
    if month is None or year is None or not (1 <= month <= 12 and 2000 <= year <= 2100):
        return None, "has no month and year of expiry"
    brand = brand_code(row["brand"])
    return Card(row["payment_method"], CARD, brand, last4, month, year), None


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) else None


def holds_number(text: str) -> bool:
    """Say whether there is a card's number in a text: 13 to 19 digits with their check digit.

    >>> holds_number("4242 4242 4242 4242"), holds_number("pm_1"), holds_number("4242424242424241")
    (True, False, False)
    """
    return any(_checks(re.sub(r"[^0-9]", "", run)) for run in _DIGITS.findall(text))


def _checks(digits: str) -> bool:
    doubled = [int(one) * 2 for one in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(n - 9 if n > 9 else n for n in doubled)) % 10 == 0
