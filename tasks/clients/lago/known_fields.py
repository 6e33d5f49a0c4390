"""Which fields of Lago's objects are known: what is read, and what cannot change an amount.

Lago grows. A field that nobody here knows, and that holds something, may be a price: its row is
kept out by name until someone has looked at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tasks.model.lago_units import is_nothing

_DATES = {"created_at", "updated_at"}
_TEXTS = {"name", "code", "description", "invoice_display_name", "lago_id", "metadata"} | _DATES

#: Kind of object -> its fields that are read, or that bear on no amount.
KNOWN: dict[str, frozenset[str]] = {
    "customer": frozenset(
        _TEXTS
        | {
            "sequential_id", "slug", "external_id", "billing_entity_code", "address_line1",
            "address_line2", "applicable_timezone", "city", "country", "currency", "email",
            "legal_name", "legal_number", "logo_url", "firstname", "lastname", "account_type",
            "customer_type", "phone", "state", "tax_identification_number", "timezone", "url",
            "zipcode", "net_payment_term", "finalize_zero_amount_invoice", "taxes",
            "skip_invoice_custom_sections", "billing_configuration", "shipping_address",
            "integration_customers", "applicable_invoice_custom_sections", "vat_number",
            "error_details", "external_salesforce_id", "default_payment_method",
        }
    ),
    "billing_configuration": frozenset(
        {
            "invoice_grace_period", "subscription_invoice_issuing_date_anchor",
            "subscription_invoice_issuing_date_adjustment", "payment_provider",
            "payment_provider_code", "provider_customer_id", "sync", "sync_with_provider",
            "document_locale", "provider_payment_methods",
        }
    ),
    "metric": frozenset(
        _TEXTS
        | {
            "aggregation_type", "field_name", "recurring", "rounding_function",
            "rounding_precision", "expression", "weighted_interval", "filters", "group",
            "active_subscriptions_count", "draft_invoices_count", "plans_count",
        }
    ),
    "plan": frozenset(
        _TEXTS
        | {
            "interval", "amount_cents", "amount_currency", "trial_period", "pay_in_advance",
            "bill_charges_monthly", "bill_fixed_charges_monthly", "minimum_commitment", "charges",
            "fixed_charges", "taxes", "usage_thresholds", "entitlements", "parent_id",
            "pending_deletion", "active_subscriptions_count", "draft_invoices_count",
            "customers_count", "applicable_usage_thresholds", "is_overridden",
        }
    ),
    "charge": frozenset(
        _TEXTS
        | {
            "lago_billable_metric_id", "billable_metric_code", "charge_model", "pay_in_advance",
            "invoiceable", "regroup_paid_fees", "prorated", "min_amount_cents", "properties",
            "filters", "taxes", "applied_pricing_unit", "lago_parent_id",
            "accepts_target_wallet", "group_by_wallet",
        }
    ),
    "pricing_unit": frozenset({"code", "conversion_rate", "name", "short_name", "lago_id"}),
    "filter": frozenset({"lago_id", "invoice_display_name", "properties", "values", "charge_code"}),
    "fixed_charge": frozenset(
        _TEXTS
        | {
            "lago_add_on_id", "add_on_code", "charge_model", "pay_in_advance", "prorated",
            "properties", "units", "lago_parent_id", "taxes",
        }
    ),
    "minimum_commitment": frozenset(
        _TEXTS | {"plan_code", "amount_cents", "interval", "taxes", "commitment_type"}
    ),
    "subscription": frozenset(
        _TEXTS
        | {
            "external_id", "lago_customer_id", "external_customer_id", "billing_entity_code",
            "billing_time", "plan_code", "plan_amount_cents", "plan_amount_currency", "status",
            "canceled_at", "started_at", "ending_at", "subscription_at", "terminated_at",
            "previous_plan_code", "next_plan_code", "downgrade_plan_date", "trial_ended_at",
            "current_billing_period_started_at", "current_billing_period_ending_at",
            "on_termination_credit_note", "on_termination_invoice",
            "applied_invoice_custom_sections", "payment_method", "consolidate_invoice",
            "cancellation_reason", "cancelation_reason", "progressive_billing_disabled",
            "activated_at", "activation_rules", "purchase_order_number",
            "plan", "customer", "entitlements", "skip_invoice_custom_sections",
            "payment_method_type", "payment_method_id", "activation_rule_status",
            "usage_thresholds", "applicable_usage_thresholds",
        }
    ),
    "coupon": frozenset(
        _TEXTS
        | {
            "coupon_type", "amount_cents", "amount_currency", "reusable", "limited_plans",
            "plan_codes", "limited_billable_metrics", "billable_metric_codes", "percentage_rate",
            "frequency", "frequency_duration", "expiration", "expiration_at", "terminated_at",
        }
    ),
    "applied_coupon": frozenset(
        _TEXTS
        | {
            "lago_coupon_id", "coupon_code", "coupon_name", "coupon_status", "coupon_deleted_at",
            "lago_customer_id", "external_customer_id", "status", "amount_cents",
            "amount_cents_remaining", "amount_currency", "percentage_rate", "frequency",
            "frequency_duration", "frequency_duration_remaining", "expiration_at",
            "terminated_at", "credits",
        }
    ),
    "tax": frozenset(
        _TEXTS
        | {
            "rate", "applied_to_organization", "auto_generated", "add_ons_count", "charges_count",
            "commitments_count", "customers_count", "plans_count",
        }
    ),
    "wallet": frozenset(
        _TEXTS
        | {
            "lago_customer_id", "external_customer_id", "billing_entity_code", "status",
            "currency", "priority", "rate_amount", "credits_balance", "balance_cents", "balance",
            "consumed_credits", "consumed_amount_cents", "expiration_at", "last_balance_sync_at",
            "last_consumed_credit_at", "terminated_at", "invoice_requires_successful_payment",
            "applies_to", "recurring_transaction_rules", "ongoing_balance_cents",
            "ongoing_usage_balance_cents", "credits_ongoing_balance",
            "credits_ongoing_usage_balance", "paid_top_up_min_amount_cents",
            "paid_top_up_max_amount_cents", "applied_invoice_custom_sections", "payment_method",
            "purchase_order_number", "depleted_ongoing_balance", "ongoing_usage_balance",
            "invoice_require_successful_payment",
        }
    ),
}  # fmt: skip


#: What of an invoice is an amount; the older ones are of Lagos before taxes had codes.
INVOICE_AMOUNTS = frozenset(
    f"{name}amount_cents"
    for name in (
        "", "vat_", "credit_", "sub_total_vat_excluded_", "sub_total_vat_included_", "fees_",
        "taxes_", "coupons_", "credit_notes_", "progressive_billing_credit_",
        "sub_total_excluding_taxes_", "sub_total_including_taxes_", "total_", "total_due_",
        "total_paid_", "total_offsetted_credit_note_", "prepaid_credit_",
        "prepaid_granted_credit_", "prepaid_purchased_credit_",
    )
)  # fmt: skip


def unknown_amounts(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the amounts of an invoice that are none of those above and not 0.

    >>> list(unknown_amounts({"fees_amount_cents": 5, "late_fee_amount_cents": 9}))
    ['late_fee_amount_cents']
    """
    for name, value in row.items():
        if name.endswith("amount_cents") and name not in INVOICE_AMOUNTS and not is_nothing(value):
            yield name


def unknown_taxes(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield what nobody here knows of an object's taxes."""
    for each in row.get("taxes") or ():
        yield from unknown_fields("tax", each)


def unknown_fields(kind: str, row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields of an object that hold something and that nobody here knows.

    >>> list(unknown_fields("pricing_unit", {"code": "tokens", "surcharge": "0.1", "cap": None}))
    ['pricing_unit.surcharge']
    """
    for name, value in row.items():
        if name not in KNOWN[kind] and not is_nothing(value):
            yield f"{kind}.{name}"
