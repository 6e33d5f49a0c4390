"""Constructs of money beside the plan: fixed charges, minimums, coupons, taxes, currencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from deployments.sample.lago.constructs.common import (
    MONTHLY,
    SEATS,
    contract,
    plan,
    with_coupon,
)
from deployments.sample.lago.objects.selling import tier
from deployments.sample.lago.tenant.terms import Contract, Coupon, FixedCharge, Json

ONE_PRICE = {"amount": "8.50"}
TIERS = {"graduated_ranges": [tier(0, 5, "4"), tier(6, None, "3", "2")]}


def money() -> Iterator[Contract]:
    """Yield the constructs of the area ``money`` but for coupons."""
    yield _fixed("fixed_charge_in_advance", FixedCharge("seats", 3, ONE_PRICE), in_advance=True)
    yield _fixed("fixed_charge_arrears", FixedCharge("seats", 4, ONE_PRICE, in_advance=False))
    yield _fixed(
        "fixed_charge_tiered", FixedCharge("seats", 8, TIERS, "graduated"), in_advance=True
    )
    yield _fixed("fixed_charge_timing", FixedCharge("seats", 2, ONE_PRICE))
    prorated = FixedCharge("seats", 2, ONE_PRICE, in_advance=False, more={"prorated": True})
    yield _fixed("fixed_charge_prorated", prorated)
    yield contract("amount_too_large", plan("m-large", "100000000"))
    seats = (FixedCharge("seats", 2, ONE_PRICE),)
    began = plan("m-lines-in-part", "30", in_advance=True, fixed=seats)
    ends = datetime(2027, 2, 10, 12, tzinfo=UTC)
    yield contract("lines_in_part", began, ending_at=ends)
    yield contract(
        "fixed_charge_cycle",
        plan(
            "m-fixed-cycle", "300", interval="yearly", in_advance=True,
            fixed=(FixedCharge("seats", 2, ONE_PRICE),),
            more={"bill_fixed_charges_monthly": True},
        ),
        billing_time="anniversary",
    )  # fmt: skip
    yield contract(
        "minimum_commitment",
        plan("m-commitment", "30", charges=(SEATS,), commitment=Decimal(45)),
        billing_time="anniversary",
    )
    by_month = plan(
        "m-commitment-cycle", "300", interval="yearly", charges=(SEATS,), charges_monthly=True,
        commitment=Decimal(900),
    )  # fmt: skip
    yield contract("commitment_cycle", by_month)
    tried = plan("m-commitment-trial", "30", trial_days=200, commitment=Decimal(45))
    yield contract("commitment_trial", tried)
    charge = replace(SEATS, taxes=("hst_ns",))
    yield contract("tax_codes", plan("m-taxes", "30", charges=(charge,)), taxes=("gst", "qst"))
    yield contract("tax_exempt", MONTHLY, taxes=("exempt",))
    yield contract("tax_code_unmapped", MONTHLY, taxes=("unmapped",))
    decided = {"integration_customers": [{"type": "anrok", "sync_with_provider": False}]}
    codes = plan("m-codes", "30", taxes=("gst",))
    yield contract("tax_service_codes", codes, customer=decided)
    vat = {"tax_identification_number": "BE0477472701", "country": "BE", "state": None}
    yield contract("vat_number", MONTHLY, customer=vat)
    own = replace(MONTHLY, price=Decimal("24.75"))
    yield contract("plan_override", MONTHLY, own=own)
    yield contract("payment_term", MONTHLY, customer={"net_payment_term": 30})
    yield contract(
        "language", MONTHLY, customer={"billing_configuration": {"document_locale": "fr"}}
    )
    yield contract("currency_other", plan("m-usd", "45", currency="USD"))
    yield contract("currency_subunits", plan("m-huf", "4500", currency="HUF"))
    yield contract("currency_mixed", MONTHLY, customer={"currency": "EUR"})
    yield contract(
        "plan_without_price",
        plan("m-no-price", "0", more={"amount_cents": None, "amount_currency": None}),
    )
    surcharge = {"surcharge_amount_cents": 500}
    yield contract("unknown_field", plan("m-surcharge", "30", more=surcharge))
    yield contract("plan_unreadable", plan("m-unreadable", "30", more={"trial_period": "soon"}))
    yield contract("plan_unknown", MONTHLY, subscription={"plan_code": "m-gone"})


def coupons() -> Iterator[Contract]:
    """Yield the constructs of coupons."""
    five, tenth = Coupon("", Decimal(5)), Coupon("", percent=Decimal(10))
    lasting: Json = {"billing_time": "anniversary"}
    since = date(2026, 9, 1)
    for name, coupon in (("amount", five), ("percent", tenth)):
        times = replace(coupon, frequency="recurring", times=6, since=since)
        yield with_coupon(f"coupon_{name}_forever", coupon, **lasting)
        yield with_coupon(f"coupon_{name}_recurring", times, **lasting)
        once = replace(coupon, frequency="once", since=date(2026, 11, 12))
        yield with_coupon(f"coupon_{name}_once", once, **lasting)
    yield with_coupon("coupon_plan", replace(five, plans=(MONTHLY.code,)), **lasting)
    shared = replace(five, since=date(2026, 11, 12))
    yield with_coupon("coupon_several_subscriptions", shared, **lasting)
    expired = replace(five, frequency="once", since=date(2026, 8, 1))
    yield with_coupon("coupon_expired", expired, **lasting)
    metered = plan("k-metered", "30", charges=(SEATS,))
    yield with_coupon("coupon_percent_usage", tenth, metered, **lasting)
    small = plan("k-small", "4", charges=(SEATS,))
    yield with_coupon("coupon_above_price", replace(five, amount=Decimal(9)), small, **lasting)
    yield with_coupon("coupon_metric", replace(five, metrics=(SEATS.metric,)), metered, **lasting)
    yield contract(
        "coupon_several", MONTHLY,
        coupons=(replace(five, code="first"), replace(tenth, code="second")), **lasting,
    )  # fmt: skip
    dollars = replace(five, currency="USD", since=date(2030, 1, 1))
    yield with_coupon("coupon_currency", dollars, **lasting)
    gone = {"coupon_deleted_at": "2026-10-01T00:00:00Z"}
    yield with_coupon("coupon_unreadable", replace(five, applied=gone), **lasting)
    taxed = plan("k-taxed", "30", charges=(replace(SEATS, taxes=("hst_ns",)),))
    yield with_coupon("coupon_taxes", five, taxed, **lasting)
    ends = replace(five, applied={"expiration_at": "2026-12-20T00:00:00Z"})
    yield with_coupon("coupon_end", ends, **lasting)


def _fixed(construct: str, fixed: FixedCharge, *, in_advance: bool = False) -> Contract:
    code = f"m-{construct.replace('_', '-')}"
    sold = plan(code, "30", in_advance=in_advance, fixed=(fixed,))
    return contract(construct, sold, billing_time="anniversary")
