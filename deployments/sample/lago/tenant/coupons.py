"""Coupons as Lago's objects: what they say, and what became of them."""

from __future__ import annotations

from datetime import date

from deployments.sample.lago.objects.credits import applied_coupon_object, coupon_object
from deployments.sample.lago.objects.parts import SUBUNITS, lago_id, moment
from deployments.sample.lago.tenant.biller import Bill
from deployments.sample.lago.tenant.terms import Contract, Coupon, Json
from deployments.sample.periods import midnight


def coupon_of(coupon: Coupon) -> Json:
    """Give the coupon's own object."""
    worth: Json = {
        "amount_cents": int(coupon.amount * SUBUNITS[coupon.currency]),
        "amount_currency": coupon.currency,
    }
    if coupon.percent:
        worth = {"coupon_type": "percentage", "percentage_rate": str(coupon.percent)}
    return coupon_object(
        lago_id("coupon", coupon.code),
        coupon.code,
        coupon.frequency,
        frequency_duration=coupon.times or None,
        limited_plans=bool(coupon.plans),
        plan_codes=list(coupon.plans),
        limited_billable_metrics=bool(coupon.metrics),
        billable_metric_codes=list(coupon.metrics),
        **worth,
    )


def applied_coupon(
    contract: Contract,
    coupon: Coupon,
    whole: Json,
    customer: Json,
    billed: list[tuple[Bill, Json]],
    today: date,
) -> Json:
    """Give a coupon as a customer has it: what it took off each invoice, and what is left of it.

    Args:
        contract: Whose coupon it is.
        coupon: Its terms.
        whole: The coupon's own object.
        customer: The customer's object.
        billed: The contract's bills, and the invoice of each.
        today: The last day that was billed.
    """
    applied = applied_coupon_object(lago_id("applied", contract.key + coupon.code), whole, customer)
    credits = [
        _credit(contract, coupon, bill, invoice)
        for bill, invoice in billed
        if coupon.code in bill.coupons
    ]
    applied["credits"] = credits
    if coupon.times:
        applied["frequency_duration_remaining"] = max(0, coupon.times - len(credits))
    if coupon.frequency == "once" and coupon.amount:
        applied["amount_cents_remaining"] -= sum(each["amount_cents"] for each in credits)
    over = (
        applied["frequency_duration_remaining"] == 0
        or applied["amount_cents_remaining"] == 0
        or (coupon.frequency == "once" and coupon.percent and credits)
    )
    if over:
        applied["status"], applied["terminated_at"] = (
            "terminated",
            moment(midnight(today, "UTC")),
        )
    return applied | coupon.applied


def _credit(contract: Contract, coupon: Coupon, bill: Bill, invoice: Json) -> Json:
    key = f"{contract.key}:{bill.day}:{bill.kind}"
    currency = contract.sold.currency
    return {
        "lago_id": lago_id("credit", f"{key}:{coupon.code}"),
        "amount_cents": int(bill.coupons[coupon.code] * SUBUNITS[currency]),
        "amount_currency": currency, "before_taxes": True,
        "item": {
            "lago_item_id": lago_id("applied", contract.key + coupon.code), "type": "coupon",
            "code": coupon.code, "name": coupon.code.title(),
        },
        "invoice": {
            "lago_id": invoice["lago_id"], "payment_status": invoice["payment_status"],
        },
    }  # fmt: skip
