"""What the API answers, as JSON schemas; the tests hold every answer against them."""


def _or_null(schema: dict) -> dict:
    return {"anyOf": [schema, {"type": "null"}]}


ID = {"type": "string", "format": "uuid"}
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
CENTS = {"type": "integer", "description": "In the currency's smallest unit."}
NUMBER = {"type": "number"}
DECIMAL = {"type": "string", "pattern": r"^-?\d+\.\d+$"}
FLAG = {"type": "boolean"}
MOMENT = {"type": "string", "format": "date-time"}
DAY = {"type": "string", "format": "date"}
FREE = {"type": "object"}
NOTHING = {"type": "array", "maxItems": 0}
TEXT_, FLAG_, ID_, MOMENT_, DAY_ = (_or_null(one) for one in (TEXT, FLAG, ID, MOMENT, DAY))


def _object(**properties: dict) -> dict:
    """Return the schema of an object that has all of these keys and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _ref(name: str) -> dict:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(schema: dict) -> dict:
    return {"type": "array", "items": schema}


META = _object(
    current_page=WHOLE,
    next_page=_or_null(WHOLE),
    prev_page=_or_null(WHOLE),
    total_pages=WHOLE,
    total_count=WHOLE,
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
CUSTOMER = _object(
    lago_id=ID,
    external_id=TEXT,
    account_type=TEXT,
    customer_type=TEXT_,
    finalize_zero_amount_invoice=TEXT_,
    firstname=TEXT_,
    lastname=TEXT_,
    legal_name=TEXT_,
    legal_number=TEXT_,
    logo_url=TEXT_,
    net_payment_term=_or_null(WHOLE),
    shipping_address=_or_null(FREE),
    tax_identification_number=TEXT_,
    timezone=TEXT_,
    url=TEXT_,
    name=TEXT_,
    email=TEXT_,
    phone=TEXT_,
    address_line1=TEXT_,
    address_line2=TEXT_,
    city=TEXT_,
    zipcode=TEXT_,
    state=TEXT_,
    country=TEXT_,
    currency=TEXT,
    applicable_timezone=TEXT,
    billing_configuration=_object(
        payment_provider=TEXT_, provider_customer_id=TEXT_, sync_with_provider=FLAG
    ),
    metadata=_list(FREE),
    integration_customers=NOTHING,
    taxes=NOTHING,
    created_at=MOMENT,
    updated_at=MOMENT,
)
METRIC = _object(
    lago_id=ID,
    name=TEXT,
    code=TEXT,
    description=TEXT_,
    aggregation_type=TEXT,
    weighted_interval=TEXT_,
    recurring=FLAG,
    rounding_function=TEXT_,
    rounding_precision=TEXT_,
    expression=TEXT_,
    field_name=TEXT_,
    created_at=MOMENT,
    filters=NOTHING,
)
CHARGE = _object(
    lago_id=ID,
    lago_billable_metric_id=ID,
    billable_metric_code=TEXT,
    code=TEXT,
    invoice_display_name=TEXT_,
    charge_model=TEXT,
    pay_in_advance=FLAG,
    prorated=FLAG,
    invoiceable=FLAG,
    regroup_paid_fees=TEXT_,
    min_amount_cents=CENTS,
    properties=FREE,
    filters=NOTHING,
    taxes=NOTHING,
    created_at=MOMENT,
)
PLAN = _object(
    lago_id=ID,
    name=TEXT,
    invoice_display_name=TEXT_,
    code=TEXT,
    interval={"type": "string", "enum": ["monthly", "yearly"]},
    description=TEXT_,
    amount_cents=CENTS,
    amount_currency=TEXT,
    trial_period=NUMBER,
    pay_in_advance=FLAG,
    bill_charges_monthly=FLAG_,
    charges=_list(CHARGE),
    usage_thresholds=NOTHING,
    taxes=NOTHING,
    metadata=FREE,
    created_at=MOMENT,
)
SUBSCRIPTION = _object(
    lago_id=ID,
    external_id=TEXT,
    lago_customer_id=ID_,
    external_customer_id=TEXT_,
    name=TEXT_,
    plan_code=TEXT_,
    plan_amount_cents=_or_null(CENTS),
    plan_amount_currency=TEXT,
    status={"type": "string", "enum": ["pending", "active", "terminated", "canceled"]},
    billing_time={"type": "string", "enum": ["anniversary", "calendar"]},
    subscription_at=MOMENT_,
    started_at=MOMENT_,
    trial_ended_at=MOMENT_,
    ending_at=MOMENT_,
    terminated_at=MOMENT_,
    canceled_at=MOMENT_,
    created_at=MOMENT,
    previous_plan_code=TEXT_,
    next_plan_code=TEXT_,
    downgrade_plan_date=DAY_,
    current_billing_period_started_at=MOMENT_,
    current_billing_period_ending_at=MOMENT_,
    on_termination_credit_note=TEXT_,
    on_termination_invoice=TEXT_,
)
EVENT = _object(
    lago_id=ID,
    transaction_id=TEXT,
    lago_customer_id=ID_,
    lago_subscription_id=ID_,
    code=TEXT,
    timestamp=MOMENT,
    precise_total_amount_cents=TEXT_,
    properties=FREE,
    external_subscription_id=TEXT,
    created_at=MOMENT,
)
USAGE = _object(
    from_datetime=MOMENT,
    to_datetime=MOMENT,
    issuing_date=DAY,
    lago_invoice_id=ID_,
    currency=TEXT,
    amount_cents=CENTS,
    taxes_amount_cents=CENTS,
    total_amount_cents=CENTS,
    charges_usage=_list(
        _object(
            units=DECIMAL,
            total_aggregated_units=DECIMAL,
            events_count=WHOLE,
            amount_cents=CENTS,
            amount_currency=TEXT,
            pricing_unit_details=_or_null(FREE),
            charge=_object(lago_id=ID, charge_model=TEXT, invoice_display_name=TEXT_, code=TEXT),
            billable_metric=_object(lago_id=ID, name=TEXT, code=TEXT, aggregation_type=TEXT),
            filters=NOTHING,
            grouped_usage=NOTHING,
        )
    ),
)
FEE = _object(
    lago_id=ID,
    lago_charge_id=ID_,
    lago_invoice_id=ID_,
    lago_subscription_id=ID_,
    external_subscription_id=TEXT_,
    lago_customer_id=ID_,
    external_customer_id=TEXT_,
    amount_cents=CENTS,
    amount_currency=TEXT,
    taxes_amount_cents=CENTS,
    taxes_rate=NUMBER,
    total_amount_cents=CENTS,
    total_amount_currency=TEXT,
    sub_total_excluding_taxes_amount_cents=CENTS,
    precise_amount=DECIMAL,
    precise_unit_amount=DECIMAL,
    units=DECIMAL,
    total_aggregated_units=DECIMAL,
    events_count=WHOLE,
    pay_in_advance=FLAG,
    invoiceable=FLAG,
    payment_status=TEXT,
    description=TEXT_,
    from_date=MOMENT_,
    to_date=MOMENT_,
    item=_object(
        type=TEXT,
        code=TEXT_,
        name=TEXT_,
        invoice_display_name=TEXT_,
        lago_item_id=ID_,
        item_type=TEXT,
    ),
    created_at=MOMENT,
    applied_taxes=NOTHING,
)
INVOICE = _object(
    lago_id=ID,
    billing_entity_code=TEXT,
    sequential_id=WHOLE,
    number=TEXT,
    issuing_date=DAY_,
    payment_due_date=DAY_,
    net_payment_term=WHOLE,
    invoice_type=TEXT,
    status={"type": "string", "enum": ["draft", "finalized", "voided"]},
    payment_status={"type": "string", "enum": ["pending", "succeeded", "failed"]},
    payment_overdue=FLAG,
    payment_dispute_lost_at=MOMENT_,
    currency=TEXT,
    **{
        f"{name}_amount_cents": CENTS
        for name in (
            "fees",
            "taxes",
            "coupons",
            "credit_notes",
            "progressive_billing_credit",
            "prepaid_credit",
            "prepaid_granted_credit",
            "prepaid_purchased_credit",
            "sub_total_excluding_taxes",
            "sub_total_including_taxes",
            "total",
            "total_due",
            "total_paid",
        )
    },
    version_number=WHOLE,
    self_billed=FLAG,
    voided_at=MOMENT_,
    file_url=TEXT_,
    xml_url=TEXT_,
    customer=_or_null(CUSTOMER),
    metadata=NOTHING,
    applied_taxes=NOTHING,
)
# A single invoice tells more than one in a list.
INVOICE["properties"] |= {
    "subscriptions": _list(_ref("Subscription")),
    "fees": _list(_ref("Fee")),
    "credits": NOTHING,
    "error_details": NOTHING,
}
WEBHOOK_ENDPOINT = _object(
    lago_id=ID,
    lago_organization_id=ID,
    webhook_url=TEXT,
    signature_algo=TEXT,
    name=TEXT_,
    event_types=_or_null(_list(TEXT)),
    created_at=MOMENT,
)
COMPONENTS = {
    "Customer": CUSTOMER,
    "BillableMetric": METRIC,
    "Plan": PLAN,
    "Subscription": SUBSCRIPTION,
    "Event": EVENT,
    "Usage": USAGE,
    "Fee": FEE,
    "Invoice": INVOICE,
    "WebhookEndpoint": WEBHOOK_ENDPOINT,
    "Meta": META,
    "Error": ERROR,
}


def _pair(root: str, plural: str, name: str) -> dict:
    return {
        root: _object(**{root: _ref(name)}),
        plural: _object(**{plural: _list(_ref(name)), "meta": _ref("Meta")}),
    }


# What each route answers, by the name that the route gives.
ANSWERS = {
    **_pair("customer", "customers", "Customer"),
    **_pair("billable_metric", "billable_metrics", "BillableMetric"),
    **_pair("plan", "plans", "Plan"),
    **_pair("subscription", "subscriptions", "Subscription"),
    **_pair("event", "events", "Event"),
    **_pair("customer_usage", "usage_periods", "Usage"),
    **_pair("fee", "fees", "Fee"),
    **_pair("invoice", "invoices", "Invoice"),
    **_pair("webhook_endpoint", "webhook_endpoints", "WebhookEndpoint"),
    "events_batch": _object(events=_list(_ref("Event"))),
    "webhook": _object(webhook=_object(public_key=TEXT)),
    "health": _object(version=TEXT, message=TEXT),
    "document": FREE,
}
