"""What an app relies on: the keys that each object always has, and what they hold.

``?`` after a kind: it may be null. A key may hold more than is said here, never less.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

CONTRACT = {
    "customer": {
        "id": "lago_id",
        "moment": "created_at",
        "text": "applicable_timezone external_id slug",
        "whole": "sequential_id",
    },
    "billable_metric": {
        "flag": "recurring",
        "id": "lago_id",
        "moment": "created_at",
        "text": "aggregation_type code name",
    },
    "plan": {
        "id": "lago_id",
        "moment": "created_at",
        "text": "amount_currency code interval name",
        "whole": "amount_cents",
    },
    "charge": {
        "flag": "invoiceable pay_in_advance prorated",
        "id": "lago_billable_metric_id lago_id",
        "list": "filters",
        "moment": "created_at",
        "object": "properties",
        "text": "billable_metric_code charge_model",
        "text?": "regroup_paid_fees",
        "whole": "min_amount_cents",
    },
    "fixed_charge": {
        "flag": "pay_in_advance prorated",
        "id": "lago_add_on_id lago_id",
        "moment": "created_at",
        "number": "units",
        "object": "properties",
        "text": "add_on_code charge_model code invoice_display_name",
    },
    "subscription": {
        "day?": "downgrade_plan_date",
        "id": "lago_id",
        "id?": "lago_customer_id",
        "moment": "created_at",
        "moment?": (
            "canceled_at current_billing_period_ending_at current_billing_period_started_at "
            "ending_at started_at subscription_at terminated_at trial_ended_at"
        ),
        "text": "billing_time external_id on_termination_invoice status",
        "text?": (
            "external_customer_id name next_plan_code on_termination_credit_note plan_code "
            "previous_plan_code"
        ),
    },
    "event": {
        "id?": "lago_customer_id lago_subscription_id",
        "moment": "timestamp",
        "text": "code external_subscription_id transaction_id",
    },
    "customer_usage": {
        "day": "issuing_date",
        "list": "charges_usage",
        "moment": "from_datetime to_datetime",
        "whole": "amount_cents taxes_amount_cents total_amount_cents",
    },
    "lifetime_usage": {
        "id": "lago_id lago_subscription_id",
        "moment": "to_datetime",
        "moment?": "from_datetime",
        "text": "external_subscription_id",
        "whole": (
            "current_usage_amount_cents external_historical_usage_amount_cents "
            "invoiced_usage_amount_cents"
        ),
    },
    "fee": {
        "flag": "invoiceable pay_in_advance",
        "number": "taxes_rate",
        "object": "item",
        "text": (
            "amount_currency payment_status precise_unit_amount "
            "sub_total_excluding_taxes_precise_amount_cents total_aggregated_units "
            "total_amount_currency units"
        ),
        "whole": (
            "amount_cents sub_total_excluding_taxes_amount_cents taxes_amount_cents "
            "total_amount_cents"
        ),
    },
    "invoice": {
        "day?": "issuing_date",
        "id": "lago_id",
        "moment": "created_at updated_at",
        "text": "billing_entity_code currency invoice_type number payment_status status",
        "whole": (
            "coupons_amount_cents credit_notes_amount_cents fees_amount_cents "
            "prepaid_credit_amount_cents progressive_billing_credit_amount_cents "
            "sub_total_excluding_taxes_amount_cents sub_total_including_taxes_amount_cents "
            "taxes_amount_cents total_amount_cents version_number"
        ),
    },
    "credit_note": {
        "day": "issuing_date",
        "id": "lago_id lago_invoice_id",
        "moment": "created_at updated_at",
        "number": "taxes_rate",
        "text": "billing_entity_code currency invoice_number number reason",
        "whole": (
            "balance_amount_cents coupons_adjustment_amount_cents credit_amount_cents "
            "offset_amount_cents refund_amount_cents sequential_id "
            "sub_total_excluding_taxes_amount_cents taxes_amount_cents total_amount_cents"
        ),
    },
    "tax": {
        "flag": "applied_to_organization",
        "id": "lago_id",
        "moment": "created_at",
        "number": "rate",
        "text": "code name",
    },
    "add_on": {
        "id": "lago_id",
        "moment": "created_at",
        "text": "amount_currency code name",
        "text?": "description invoice_display_name",
        "whole": "amount_cents",
    },
    "coupon": {
        "flag": "limited_billable_metrics limited_plans reusable",
        "id": "lago_id",
        "moment": "created_at",
        "text": "code coupon_type expiration frequency name",
    },
    "applied_coupon": {
        "id": "lago_coupon_id lago_customer_id lago_id",
        "moment": "created_at",
        "text": "coupon_code coupon_name external_customer_id frequency status",
    },
    "wallet": {
        "flag": "invoice_requires_successful_payment",
        "id": "lago_customer_id lago_id",
        "moment": "created_at",
        "text": (
            "balance consumed_credits credits_balance credits_ongoing_balance "
            "credits_ongoing_usage_balance currency external_customer_id rate_amount status"
        ),
        "whole": "balance_cents ongoing_balance_cents ongoing_usage_balance_cents",
    },
    "wallet_transaction": {
        "flag": "invoice_requires_successful_payment",
        "id": "lago_id lago_wallet_id",
        "id?": "lago_credit_note_id lago_invoice_id lago_voided_invoice_id",
        "list": "metadata",
        "moment": "created_at",
        "moment?": "failed_at settled_at",
        "object": "payment_method",
        "text": "amount credit_amount source status transaction_status transaction_type",
        "text?": "name remaining_credit_amount",
        "whole": "priority",
        "whole?": "remaining_amount_cents",
    },
    "payment_request": {
        "id": "lago_id",
        "list": "invoices",
        "moment": "created_at",
        "object": "customer",
        "text": "amount_currency email payment_status",
        "whole": "amount_cents",
    },
    "payment_method": {
        "flag": "is_default",
        "id": "lago_id",
        "moment": "created_at",
        "text": "payment_provider_type provider_method_id",
    },
    "webhook_endpoint": {
        "id": "lago_id lago_organization_id",
        "moment": "created_at",
        "text": "webhook_url",
    },
    "organization": {
        "id": "lago_id",
        "list": "email_settings",
        "moment": "created_at",
        "object": "billing_configuration",
        "text": "document_number_prefix document_numbering name",
    },
    "billing_entity": {
        "flag": "finalize_zero_amount_invoice",
        "id": "lago_id",
        "moment": "created_at updated_at",
        "text": "code default_currency document_locale document_numbering name timezone",
        "whole": "invoice_grace_period net_payment_term",
    },
}

_KINDS = {
    "text": str,
    "whole": int,
    "number": (int, float),
    "flag": bool,
    "list": list,
    "object": dict,
    "id": UUID,
    "moment": datetime.fromisoformat,
    "day": date.fromisoformat,
}


#: Below these, objects are told in short.
_IN_SHORT = ("charges_usage", "credits")


def faults(answer: Any) -> Iterator[str]:
    """Yield what is wrong with the objects in an answer, or in a webhook's message."""
    if isinstance(answer, list):
        for one in answer:
            yield from faults(one)
    if not isinstance(answer, dict):
        return
    for name, value in answer.items():
        known = CONTRACT.get(name) or CONTRACT.get(re.sub(r"s$", "", name))
        each = value if isinstance(value, list) else [value]
        for one in each if known else ():
            # An estimate has no id.
            if isinstance(one, dict) and (one.get("lago_id") or name == "customer_usage"):
                yield from (f"{name}.{fault}" for fault in _of_object(known, one))
        if name not in _IN_SHORT:
            yield from faults(value)


def _of_object(known: dict[str, str], shown: dict) -> Iterator[str]:
    for kind, names in known.items():
        for name in names.split():
            if name not in shown:
                yield f"{name} is missing"
            elif not _holds(kind, shown[name]):
                yield f"{name} is {shown[name]!r}, not {kind}"


def _holds(kind: str, value: Any) -> bool:
    if value is None:
        return kind.endswith("?")
    wanted = _KINDS[kind.removesuffix("?")]
    if (isinstance(wanted, type) and wanted is not UUID) or isinstance(wanted, tuple):
        return isinstance(value, wanted) and (wanted is bool) == isinstance(value, bool)
    try:
        wanted(value)
    except (ValueError, TypeError, AttributeError):
        return False
    return True
