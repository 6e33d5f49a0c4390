"""Customers whom Lago tells little, or odd things, about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.backfill.lago_foreign.objects import Case, Json

SINCE = "2026-02-17T00:00:00Z"


def cases() -> Iterator[Case]:
    """Yield the customers."""
    said: list[tuple[str, str, Json, Json]] = [
        ("only-an-id", "", {}, {"name": "only-an-id", "email": None, "payment_term_days": 14}),
        ("  blanks  ", "", {"name": " ", "email": "   "}, {"email": None}),
        ("Upper", "", {"name": "Upper"}, {"name": "Upper"}),
        ("upper", "", {"name": "upper"}, {"name": "upper"}),
        ("a:b=c,d", "", {"legal_name": "Colon GmbH"}, {"company_name": "Colon GmbH"}),
        ("' OR 1=1 --", "", {"name": None, "firstname": "Bobby"}, {"name": "Bobby"}),
        ("..", "", {"billing_configuration": None}, {"payment_provider": None}),
        ("adyen", "",
         {"billing_configuration": {"payment_provider": "adyen", "provider_customer_id": "A-1"}},
         {"payment_provider": "adyen", "payment_reference": "A-1", "stripe_customer_id": None}),
        ("french", "", {"billing_configuration": {"document_locale": "fr"}, "net_payment_term": 60},
         {"language": "fr", "payment_term_days": 60}),
        ("no-created", "customer_unreadable", {"created_at": None}, {}),
        ("no-tax-code", "customer_unreadable", {"taxes": [{"lago_id": "x"}]}, {}),
        ("partner", "partner_self_billed", {"account_type": "partner"}, {}),
        ("no-address", "email_malformed", {"email": "a@b.example, nobody"}, {}),
        ("new-field", "unknown_field", {"loyalty_discount_rate": "5.0"}, {}),
    ]  # fmt: skip
    for number, (key, rule, fields, told) in enumerate(said):
        yield _customer(key, number, rule, fields, told)
    case = Case("other-entity", currency="EUR")
    plan = case.plan("for-other-entity", 2800)
    case.subscribe(plan, SINCE, billing_entity_code="somebody-else")
    case.kept = "billing_entity_other"
    yield case
    yield Case("nothing-sold")


def _customer(key: str, number: int, rule: str, fields: Json, told: dict[str, Any]) -> Case:
    case = Case(key, **fields)
    case.subscribe(case.plan(f"for-person-{number}", 2800), SINCE, f"person/{number}")
    case.kept = rule
    if not rule:
        case.orders[f"person/{number}"] = {"price": "28", "period_start": "2026-02-17"}
        case.first[f"person/{number}"] = ("2026-03-01", "12.00", "14.40")
        case.customer = told
    return case
