"""The taxes that a tenant knows, and which of them a fee has."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from deployments.sample.lago.tenant.biller import Bill, Due, rounded
from deployments.sample.lago.tenant.terms import ZERO, Contract

#: Code -> name, percent. The first is everybody's who has none of their own.
TAXES = {
    "hst_on": ("HST Ontario", Decimal(13)),
    "gst": ("GST", Decimal(5)),
    "qst": ("QST", Decimal("9.975")),
    "hst_ns": ("HST Nova Scotia", Decimal(14)),
    "exempt": ("Exempt", ZERO),
    "unmapped": ("A tax that finance has not mapped", Decimal(5)),
}
EVERYBODYS = ("hst_on",)


@dataclass(frozen=True, slots=True)
class Taxed:
    """A bill's tax by code, rounded as a whole, and each fee's share."""

    by_code: dict[str, Decimal]
    total: Decimal


def codes_of(contract: Contract, due: Due) -> tuple[str, ...]:
    """Give a fee's taxes: the charge's, else the plan's, the customer's, everybody's."""
    charge = due.charge.taxes if due.charge else ()
    return charge or contract.sold.taxes or contract.taxes or EVERYBODYS


def tax_of(contract: Contract, bill: Bill) -> Taxed:
    """Tax what is left after coupons; the grand sum is rounded once."""
    currency = contract.sold.currency
    exact: dict[str, Decimal] = {}
    fees = bill.fees
    for due in bill.dues:
        early = bill.already * due.amount / fees if fees else ZERO
        for code in codes_of(contract, due):
            base = due.amount - due.taken_off - early
            exact[code] = exact.get(code, ZERO) + base * TAXES[code][1] / 100
    by_code = {code: rounded(amount, currency) for code, amount in exact.items()}
    return Taxed(by_code, rounded(sum(exact.values(), ZERO), currency))
