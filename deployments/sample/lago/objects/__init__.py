"""Lago's API objects in the one shape in which Lago 1.51 sends them.

A field that Lago leaves out where it has nothing to say is left out; one that it sends as null
is null. Each function gives an object with Lago's defaults, and takes what differs by name.
"""

from deployments.sample.lago.objects.credits import (
    applied_coupon_object,
    coupon_object,
    credit_note_object,
    top_up_rule,
    wallet_object,
    wallet_transaction_object,
)
from deployments.sample.lago.objects.invoices import fee_object, invoice_object
from deployments.sample.lago.objects.parts import (
    LAGO_VERSION,
    SUBUNITS,
    Json,
    minor,
    moment,
    plain,
    tax_object,
)
from deployments.sample.lago.objects.people import (
    billing_entity_object,
    customer_object,
    stripe_configuration,
)
from deployments.sample.lago.objects.selling import (
    add_on_object,
    charge_object,
    commitment_object,
    fixed_charge_object,
    metric_object,
    plan_object,
    subscription_object,
    threshold_object,
)

__all__ = [
    "LAGO_VERSION", "SUBUNITS", "Json", "add_on_object", "applied_coupon_object",
    "billing_entity_object", "charge_object", "commitment_object", "coupon_object",
    "credit_note_object", "customer_object", "fee_object", "fixed_charge_object",
    "invoice_object", "metric_object", "minor", "moment", "plain", "plan_object",
    "stripe_configuration", "subscription_object", "tax_object", "threshold_object",
    "top_up_rule", "wallet_object", "wallet_transaction_object",
]  # fmt: skip
