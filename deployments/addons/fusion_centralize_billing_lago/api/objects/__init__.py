"""Records as the JSON objects that Lago's clients expect."""

from .coupon import APPLIED_COUPON, COUPON
from .credit_note import CREDIT_NOTE
from .customer import CUSTOMER
from .entity import BILLING_ENTITY, ORGANIZATION, WEBHOOK_ENDPOINT
from .fee import FEE, LineFee, fee_of_rating
from .invoice import INVOICE
from .metric import EVENT, METRIC
from .payment import (
    GROSS_REVENUE,
    INVOICE_COLLECTION,
    INVOICED_USAGE,
    MRR,
    OVERDUE_BALANCE,
    PAYMENT,
    PAYMENT_METHOD,
    PAYMENT_RECEIPT,
    PAYMENT_REQUEST,
)
from .plan import ADD_ON, CHARGE, CHARGE_FILTER, FIXED_CHARGE, MINIMUM_COMMITMENT, PLAN
from .subscription import SUBSCRIPTION
from .table import FREE, TEXT, WHOLE, Table, all_of, list_of, or_null
from .tax import TAX
from .usage import LIFETIME_USAGE, PROJECTED_USAGE, USAGE, LifetimeUsage, PeriodUsage
from .wallet import CONSUMPTION, FUNDING, WALLET, WALLET_TRANSACTION

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
        MINIMUM_COMMITMENT,
        CHARGE,
        CHARGE_FILTER,
        FIXED_CHARGE,
        SUBSCRIPTION,
        EVENT,
        USAGE,
        PROJECTED_USAGE,
        LIFETIME_USAGE,
        FEE,
        INVOICE,
        CREDIT_NOTE,
        TAX,
        ADD_ON,
        COUPON,
        APPLIED_COUPON,
        WALLET,
        WALLET_TRANSACTION,
        CONSUMPTION,
        FUNDING,
        PAYMENT,
        PAYMENT_RECEIPT,
        PAYMENT_METHOD,
        PAYMENT_REQUEST,
        ORGANIZATION,
        BILLING_ENTITY,
        GROSS_REVENUE,
        INVOICE_COLLECTION,
        INVOICED_USAGE,
        MRR,
        OVERDUE_BALANCE,
        WEBHOOK_ENDPOINT,
    )
} | {"Meta": META, "Error": ERROR}
