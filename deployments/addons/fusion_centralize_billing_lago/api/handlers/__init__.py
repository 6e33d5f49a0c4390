"""What the API does; each handler stands below its route."""

from ..routing import ROUTES, Router
from . import system
from . import customers, usage, metrics, plans, subscriptions, events, invoices, fees
from . import webhook_endpoints

ROUTER = Router(ROUTES)

__all__ = [
    "ROUTER",
    "customers",
    "events",
    "fees",
    "invoices",
    "metrics",
    "plans",
    "subscriptions",
    "system",
    "usage",
    "webhook_endpoints",
]
