"""What the API does; each handler stands below its route."""

from . import system
from . import (
    customers,
    usage,
    metrics,
    plans,
    charges,
    charge_filters,
    fixed_charges,
    agreeing,
    subscriptions,
)
from . import estimates, events, fees, invoices, invoice_actions, credit_notes
from . import payments, taxes, add_ons, coupons, wallet_transactions, wallets, entities, analytics
from . import metadata, webhook_endpoints
