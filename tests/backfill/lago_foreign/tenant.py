"""The tenant whole, as Lago's stand-in serves it."""

from __future__ import annotations

from tests.backfill.lago_foreign import charges, documents, money, odd, people, periods
from tests.backfill.lago_foreign.objects import LISTS, LONG_AGO, SERVICE, Json, uid

ROOMS = (periods, money, charges, people, documents, odd)
CASES = [case for room in ROOMS for case in room.cases()]
#: The taxes by code, in percent.
TAXES = {"vat20": 20, "low": 7, "high": 25}


def document() -> Json:
    """Give all of its objects."""
    vat = {"lago_id": uid("tax", "vat20"), "code": "vat20", "name": "VAT", "rate": TAXES["vat20"],
           "applied_to_organization": True, "created_at": LONG_AGO}  # fmt: skip
    entity = {"lago_id": uid("entity"), "code": SERVICE, "name": SERVICE, "timezone": "UTC",
              "net_payment_term": 14, "document_locale": "en", "taxes": [vat]}  # fmt: skip
    rows = {name: [row for case in CASES for row in case.rows[name]] for name in LISTS}
    own = {key: plan for case in CASES for key, plan in case.own.items()}
    return {"version": "1.51.0", "billing_entities": [entity], "taxes": [vat],
            "own_plans": own, **rows}  # fmt: skip
