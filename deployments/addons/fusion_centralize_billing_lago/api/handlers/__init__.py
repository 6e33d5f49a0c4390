"""What the API does; each handler stands below its route."""

from ..routing import ROUTES, Router
from . import system
from . import (
    customers,
    usage,
    metrics,
    plans,
    charges,
    charge_filters,
    fixed_charges,
    agreed_fixed_charges,
    subscriptions,
)
from . import estimates, events, fees, invoices, invoice_actions, credit_notes
from . import payments, taxes, add_ons, coupons, wallet_transactions, wallets, entities, analytics
from . import metadata, webhook_endpoints

ROUTER = Router(ROUTES)

__all__ = [
    "ROUTER",
    "add_ons",
    "agreed_fixed_charges",
    "analytics",
    "charge_filters",
    "charges",
    "coupons",
    "credit_notes",
    "customers",
    "entities",
    "estimates",
    "events",
    "fees",
    "fixed_charges",
    "invoice_actions",
    "invoices",
    "metadata",
    "metrics",
    "payments",
    "plans",
    "subscriptions",
    "system",
    "taxes",
    "usage",
    "wallet_transactions",
    "wallets",
    "webhook_endpoints",
]
