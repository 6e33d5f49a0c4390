"""What lowers a bill: coupons, prepaid credit in wallets, credit notes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from deployments.sample.lago.objects.parts import LONG_AGO, SUBUNITS, Json, moment, plain


def coupon_object(lago_id: str, code: str, frequency: str, **known: Any) -> Json:
    """Return a coupon of an amount; ``coupon_type`` and ``percentage_rate`` make it a percentage.

    ``frequency`` is once, recurring or forever; ``frequency_duration`` how often a recurring
    one counts.
    """
    return {
        "lago_id": lago_id, "name": code.replace("-", " ").title(), "code": code,
        "description": None, "coupon_type": "fixed_amount", "amount_cents": None,
        "amount_currency": None, "reusable": True, "limited_plans": False, "plan_codes": [],
        "limited_billable_metrics": False, "billable_metric_codes": [],
        "percentage_rate": None, "frequency": frequency, "frequency_duration": None,
        "expiration": "no_expiration", "expiration_at": None, "created_at": LONG_AGO,
        "terminated_at": None, **known,
    }  # fmt: skip


def applied_coupon_object(lago_id: str, coupon: Json, customer: Json, **known: Any) -> Json:
    """Return a coupon as one customer has it, with all that is left of it."""
    return {
        "lago_id": lago_id, "lago_coupon_id": coupon["lago_id"], "coupon_code": coupon["code"],
        "coupon_name": coupon["name"], "coupon_status": "active", "coupon_deleted_at": None,
        "lago_customer_id": customer["lago_id"],
        "external_customer_id": customer["external_id"], "status": "active",
        "amount_cents": coupon["amount_cents"],
        "amount_cents_remaining": coupon["amount_cents"] if coupon["frequency"] == "once" else None,
        "amount_currency": coupon["amount_currency"],
        "percentage_rate": coupon["percentage_rate"], "frequency": coupon["frequency"],
        "frequency_duration": coupon["frequency_duration"],
        "frequency_duration_remaining": coupon["frequency_duration"],
        "expiration_at": coupon["expiration_at"], "created_at": LONG_AGO, "terminated_at": None,
        "credits": [], **known,
    }  # fmt: skip


def wallet_object(
    lago_id: str, customer: Json, credits: Decimal, used: Decimal = Decimal(0), **known: Any
) -> Json:
    """Return a wallet; a credit is worth one of the currency unless ``rate_amount`` differs."""
    currency = known.get("currency") or customer["currency"]
    rate = Decimal(known.get("rate_amount", "1"))
    cents = int(credits * rate * SUBUNITS[currency])
    return {
        "lago_id": lago_id, "lago_customer_id": customer["lago_id"],
        "external_customer_id": customer["external_id"],
        "billing_entity_code": customer["billing_entity_code"], "status": "active",
        "currency": currency, "name": "Prepaid", "code": f"prepaid-{lago_id[:6]}", "priority": 50,
        "rate_amount": plain(rate), "credits_balance": plain(credits), "balance_cents": cents,
        "balance": plain(credits * rate),
        "consumed_credits": plain(used), "created_at": LONG_AGO, "expiration_at": None,
        "last_balance_sync_at": None, "last_consumed_credit_at": None, "terminated_at": None,
        "invoice_requires_successful_payment": False,
        "applies_to": {"fee_types": [], "billable_metric_codes": []},
        "recurring_transaction_rules": [], "ongoing_balance_cents": cents,
        "ongoing_usage_balance_cents": 0, "credits_ongoing_balance": plain(credits),
        "credits_ongoing_usage_balance": "0.0", "paid_top_up_min_amount_cents": None,
        "paid_top_up_max_amount_cents": None, "applied_invoice_custom_sections": [],
        "purchase_order_number": None, "metadata": None, **known,
    }  # fmt: skip


def top_up_rule(lago_id: str, threshold: Decimal, paid: Decimal) -> Json:
    """Return the rule that a wallet is filled with paid credits below a threshold."""
    return {
        "lago_id": lago_id, "trigger": "threshold", "method": "fixed", "interval": "monthly",
        "status": "active", "threshold_credits": plain(threshold), "paid_credits": plain(paid),
        "granted_credits": "0.0", "grants_target_top_up": None, "started_at": None,
        "target_ongoing_balance": None, "created_at": LONG_AGO, "expiration_at": None,
        "invoice_requires_successful_payment": False, "transaction_metadata": [],
        "transaction_name": None, "ignore_paid_top_up_limits": False,
        "applied_invoice_custom_sections": [], "purchase_order_number": None,
    }  # fmt: skip


def wallet_transaction_object(
    lago_id: str, wallet: Json, kind: str, credits: Decimal, left: Decimal | None, at: datetime
) -> Json:
    """Return a settled movement of a wallet.

    ``kind`` is purchased or granted (in), invoiced or voided (out); ``left`` is what of credits
    that came in was not used yet, None for those that went out.
    """
    rate = Decimal(wallet["rate_amount"])
    cents = None if left is None else int(left * rate * SUBUNITS[wallet["currency"]])
    return {
        "lago_id": lago_id, "lago_wallet_id": wallet["lago_id"], "lago_invoice_id": None,
        "lago_credit_note_id": None, "lago_voided_invoice_id": None, "status": "settled",
        "source": "manual", "transaction_status": kind,
        "transaction_type": "inbound" if kind in ("purchased", "granted") else "outbound",
        "amount": plain(credits * rate), "credit_amount": plain(credits),
        "invoice_requires_successful_payment": False, "metadata": [],
        "remaining_amount_cents": cents,
        "remaining_credit_amount": None if left is None else plain(left), "priority": 50,
        "settled_at": moment(at), "failed_at": None, "created_at": moment(at), "name": None,
        "applied_invoice_custom_sections": [], "payment_method": {},
        "purchase_order_number": None,
    }  # fmt: skip


def credit_note_object(
    lago_id: str, invoice: Json, fee: Json, cents: int, at: datetime, **known: Any
) -> Json:
    """Return a credit note over a part of a fee, before tax, none of it used yet."""
    taxes = round(cents * fee["taxes_rate"] / 100)
    return {
        "lago_id": lago_id, "sequential_id": 1, "number": f"{invoice['number']}-CN001",
        "billing_entity_code": invoice["billing_entity_code"],
        "lago_invoice_id": invoice["lago_id"], "invoice_number": invoice["number"],
        "issuing_date": f"{at:%Y-%m-%d}", "credit_status": "available", "refund_status": None,
        "reason": "other", "description": None, "currency": invoice["currency"],
        "total_amount_cents": cents + taxes, "taxes_amount_cents": taxes,
        "taxes_rate": fee["taxes_rate"], "offset_amount_cents": 0,
        "sub_total_excluding_taxes_amount_cents": cents,
        "balance_amount_cents": cents + taxes, "credit_amount_cents": cents + taxes,
        "refund_amount_cents": 0, "coupons_adjustment_amount_cents": 0,
        "created_at": moment(at), "updated_at": moment(at), "file_url": None,
        "self_billed": invoice["self_billed"], "items": [], "applied_taxes": [],
        "metadata": None, "error_details": None, "customer": invoice["customer"], **known,
    }  # fmt: skip
