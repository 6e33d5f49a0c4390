"""Records as the JSON objects that Lago's clients expect."""

from .customer import customer_object
from .event import event_object
from .fee import fee_of_line, fee_of_rating
from .invoice import invoice_object
from .metric import metric_object
from .plan import charge_object, plan_object
from .subscription import subscription_object
from .usage import usage_object
from .webhook_endpoint import webhook_endpoint_object

__all__ = [
    "charge_object",
    "customer_object",
    "event_object",
    "fee_of_line",
    "fee_of_rating",
    "invoice_object",
    "metric_object",
    "plan_object",
    "subscription_object",
    "usage_object",
    "webhook_endpoint_object",
]
