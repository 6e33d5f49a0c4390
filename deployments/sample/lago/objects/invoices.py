"""What Lago billed: fees, and the invoices on which they stand."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from deployments.sample.lago.objects.parts import (
    SUBUNITS,
    Json,
    applied_taxes,
    minor,
    moment,
    plain,
)

#: The kind of a fee's item -> what the item is in Lago.
_ITEM_TYPES = {
    "charge": "BillableMetric",
    "subscription": "Subscription",
    "commitment": "Subscription",
    "credit": "WalletTransaction",
}

#: What of a customer an invoice does not repeat.
_ONLY_WHOLE = {"taxes", "integration_customers", "applicable_invoice_custom_sections"}


def fee_object(  # noqa: PLR0913 (what Lago's object has)
    lago_id: str,
    *,
    kind: str,
    code: str,
    name: str,
    amount: Decimal,
    currency: str,
    start: datetime,
    end: datetime,
    customer: Json,
    subscription: Json | None,
    tax_rate: Decimal = Decimal(0),
    taxes: list[Json] | None = None,
    units: Decimal = Decimal(1),
    charge: Json | None = None,
    **known: Any,
) -> Json:
    """Return a fee of the half-open period; Lago names the period's last second.

    ``kind`` is the item's type (charge, subscription, add_on, credit), ``code`` the item's,
    for a charge its metric's. ``amount`` is before tax and unrounded. ``taxes`` are those that
    apply; without them ``tax_rate`` is in percent. ``known`` are fields to set as they are.
    """
    cents, precise = minor(amount, currency), amount
    if taxes is not None:
        tax_rate = sum((Decimal(str(tax["rate"])) for tax in taxes), Decimal(0))
    tax_cents = minor(Decimal(cents) / SUBUNITS[currency] * tax_rate / 100, currency)
    return {
        "lago_id": lago_id,
        "lago_charge_id": charge and charge["lago_id"],
        "lago_charge_filter_id": None,
        "lago_fixed_charge_id": None,
        "lago_invoice_id": None,
        "lago_true_up_fee_id": None,
        "lago_true_up_parent_fee_id": None,
        "lago_original_fee_id": None,
        "lago_subscription_id": subscription and subscription["lago_id"],
        "external_subscription_id": subscription and subscription["external_id"],
        "lago_customer_id": customer["lago_id"],
        "external_customer_id": customer["external_id"],
        "item": {
            "type": kind, "code": code, "name": name, "invoice_display_name": name,
            "description": None, "filters": None, "filter_invoice_display_name": None,
            "lago_item_id": charge["lago_billable_metric_id"] if charge else lago_id,
            "item_type": _ITEM_TYPES.get(kind, "AddOn"), "grouped_by": {},
        },
        "pay_in_advance": kind == "subscription",
        "invoiceable": True,
        "amount_cents": cents,
        "amount_currency": currency,
        # Lago sends this through a double.
        "precise_amount": str(float(precise)),
        "precise_unit_amount": str(float(precise / units)) if units else "0.0",
        "precise_total_amount": str(float(precise * (1 + tax_rate / 100))),
        "taxes_amount_cents": tax_cents,
        "taxes_precise_amount": str(float(precise * tax_rate / 100)),
        "precise_coupons_amount_cents": "0.0",
        "sub_total_excluding_taxes_amount_cents": cents,
        "sub_total_excluding_taxes_precise_amount_cents": plain(
            precise * SUBUNITS[currency]
        ),
        "taxes_rate": float(tax_rate),
        "total_amount_cents": cents + tax_cents,
        "total_amount_currency": currency,
        "units": plain(units),
        "total_aggregated_units": plain(units),
        "events_count": None,
        "payment_status": "succeeded",
        "created_at": moment(start),
        "succeeded_at": None,
        "failed_at": None,
        "refunded_at": None,
        "description": None,
        "from_date": moment(start),
        "to_date": moment(end - timedelta(seconds=1)),
        "event_transaction_id": None,
        "amount_details": {},
        "self_billed": False,
        "applied_taxes": applied_taxes(lago_id, taxes or [], cents, currency, moment(start)),
        "presentation_breakdowns": [],
        **known,
    }  # fmt: skip


def invoice_object(
    lago_id: str,
    number: str,
    *,
    customer: Json,
    currency: str,
    issued_at: datetime,
    fees: list[Json],
    kind: str = "subscription",
    status: str = "finalized",
    **known: Any,
) -> Json:
    """Return an invoice with its totals; ``coupons_amount_cents`` lowers them."""
    amount = sum(fee["amount_cents"] for fee in fees)
    coupons = known.get("coupons_amount_cents", 0)
    taxes = sum(fee["taxes_amount_cents"] for fee in fees)
    total = amount - coupons + taxes
    day = issued_at.strftime("%Y-%m-%d")
    return {
        "lago_id": lago_id, "billing_entity_code": customer["billing_entity_code"],
        "sequential_id": int(number.rpartition("-")[2]), "number": number, "issuing_date": day,
        "payment_due_date": day, "net_payment_term": 0, "invoice_type": kind, "status": status,
        "payment_status": "succeeded" if status == "finalized" else "pending",
        "payment_overdue": False, "currency": currency,
        "fees_amount_cents": amount, "taxes_amount_cents": taxes,
        "coupons_amount_cents": coupons, "credit_notes_amount_cents": 0,
        "progressive_billing_credit_amount_cents": 0, "prepaid_credit_amount_cents": 0,
        "prepaid_granted_credit_amount_cents": None,
        "prepaid_purchased_credit_amount_cents": None,
        "sub_total_excluding_taxes_amount_cents": amount - coupons,
        "sub_total_including_taxes_amount_cents": total, "total_amount_cents": total,
        "total_due_amount_cents": 0, "total_paid_amount_cents": total, "self_billed": False,
        "version_number": 4, "web_url": None,
        "voided_at": moment(issued_at) if status == "voided" else None,
        "created_at": moment(issued_at), "updated_at": moment(issued_at),
        "customer": {key: of for key, of in customer.items() if key not in _ONLY_WHOLE},
        "metadata": [],
        "applied_taxes": _tax_totals(lago_id, fees),
        "applied_invoice_custom_sections": [], "applied_usage_thresholds": [], **known,
    }  # fmt: skip


def _tax_totals(lago_id: str, fees: list[Json]) -> list[Json]:
    """Return each tax over all fees, and the amount that it was taken of."""
    totals: dict[str, Json] = {}
    for fee in fees:
        for tax in fee["applied_taxes"]:
            new = tax | {"lago_invoice_id": lago_id, "fees_amount_cents": 0, "amount_cents": 0}
            total = totals.setdefault(tax["tax_code"], new)
            total["fees_amount_cents"] += fee["amount_cents"]
            total["amount_cents"] += tax["amount_cents"]
    return list(totals.values())
