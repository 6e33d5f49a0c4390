"""Records as the JSON objects that Lago's clients expect."""

from .customer import CUSTOMER
from .event import EVENT
from .fee import FEE, LineFee, RatingFee
from .invoice import INVOICE
from .metric import METRIC
from .plan import PLAN
from .subscription import SUBSCRIPTION
from .table import FREE, TEXT, WHOLE, Table, all_of, list_of, or_null
from .usage import USAGE, PeriodUsage
from .webhook_endpoint import WEBHOOK_ENDPOINT

META = all_of(
    {
        "current_page": WHOLE,
        "next_page": or_null(WHOLE),
        "prev_page": or_null(WHOLE),
        "total_pages": WHOLE,
        "total_count": WHOLE,
    }
)
ERROR = {
    "type": "object",
    "properties": {
        "status": WHOLE,
        "error": TEXT,
        "code": TEXT,
        "error_details": {
            "type": "object",
            "description": "Codes by field, nested as the request; of lists by index.",
        },
    },
    "required": ["status", "error"],
    "additionalProperties": False,
}
#: Schemas by name, as the OpenAPI document refers to them.
COMPONENTS = {
    table.name: table.schema
    for table in (
        CUSTOMER,
        METRIC,
        PLAN,
        SUBSCRIPTION,
        EVENT,
        USAGE,
        FEE,
        INVOICE,
        WEBHOOK_ENDPOINT,
    )
} | {"Meta": META, "Error": ERROR}

__all__ = [
    "COMPONENTS",
    "CUSTOMER",
    "EVENT",
    "FEE",
    "FREE",
    "INVOICE",
    "METRIC",
    "PLAN",
    "SUBSCRIPTION",
    "TEXT",
    "USAGE",
    "WEBHOOK_ENDPOINT",
    "LineFee",
    "PeriodUsage",
    "RatingFee",
    "Table",
    "all_of",
    "list_of",
]
