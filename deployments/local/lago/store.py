"""The sandbox's data, and how Lago sorts, filters and pages them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
Query = Mapping[str, Sequence[str]]

PAGE_ROWS = 100
#: Resource -> query keys that filter it, each with the field it is compared with.
FILTERS: dict[str, dict[str, str]] = {
    "customers": {"external_id": "external_id"},
    "billable_metrics": {},
    "plans": {},
    "subscriptions": {
        "external_customer_id": "external_customer_id",
        "plan_code": "plan_code",
        "external_id": "external_id",
    },
    "invoices": {
        "external_customer_id": "customer.external_id",
        "status": "status",
        "statuses[]": "status",
        "invoice_type": "invoice_type",
        "currency": "currency",
        "billing_entity_codes[]": "billing_entity_code",
        "payment_status": "payment_status",
    },
    "fees": {
        "external_customer_id": "external_customer_id",
        "external_subscription_id": "external_subscription_id",
        "fee_type": "item.type",
        "currency": "amount_currency",
        "payment_status": "payment_status",
    },
    "credit_notes": {
        "external_customer_id": "customer.external_id",
        "billing_entity_codes[]": "billing_entity_code",
    },
    "coupons": {},
    "applied_coupons": {
        "external_customer_id": "external_customer_id",
        "status": "status",
        "coupon_code[]": "coupon_code",
    },
    "wallets": {"external_customer_id": "external_customer_id", "currency": "currency"},
    "wallet_transactions": {
        "lago_wallet_id": "lago_wallet_id",
        "status": "status",
        "transaction_status": "transaction_status",
        "transaction_type": "transaction_type",
    },
    "taxes": {},
    "add_ons": {},
    "billing_entities": {},
}
#: Resource -> what of a row its list leaves out, and the row's own answer has.
ONLY_ALONE = {"plans": "fixed_charges", "credit_notes": "customer"}
#: Resource -> the field of the range keys ``<name>_from`` and ``<name>_to``.
RANGES = {"invoices": "issuing_date", "fees": "created_at"}
#: What one object is found by; the others by ``lago_id``.
KEYS = {
    "customers": "external_id",
    "plans": "code",
    "billable_metrics": "code",
    "subscriptions": "external_id",
    "coupons": "code",
    "taxes": "code",
    "add_ons": "code",
    "billing_entities": "code",
}


@dataclass(slots=True)
class Store:
    """All resources, each a list in Lago's order.

    Attributes:
        version: What Lago says of itself.
        rows: Resource -> sequence of objects: lists, which tests may change while somebody
            reads, or one that makes each row when it is asked for.
        own_plans: Plans of one subscription alone, by its Lago id; no list has them.
    """

    version: str
    rows: dict[str, Any]
    own_plans: dict[str, Json]

    @classmethod
    def of(cls, document: Json) -> Store:
        """Take the data file's content; the labels of injected differences stay behind."""
        if "rows" in document:
            return cls(document["version"], document["rows"], {})
        rows = {name: list(document.get(name, ())) for name in FILTERS}
        rows["invoices"].sort(key=lambda row: row["number"])
        rows["invoices"].sort(key=lambda row: row["issuing_date"], reverse=True)
        rows["fees"].sort(key=lambda row: (row["created_at"], row["lago_id"]))
        return cls(document["version"], rows, document.get("own_plans", {}))

    def page(self, resource: str, query: Query) -> Json:
        """Answer one page of a list with its meta."""
        rows = self.rows[resource]
        filtered = resource == "subscriptions" or query.keys() - {"page", "per_page"}
        if filtered and isinstance(rows, list):
            rows = [row for row in rows if _fits(resource, row, query)]
        page = paged(resource, rows, query)
        if resource in ONLY_ALONE:
            page[resource] = [without(row, ONLY_ALONE[resource]) for row in page[resource]]
        return page

    def one(self, resource: str, key: str) -> Json | None:
        """Find one object, with what only the single answer holds; None if it is not there."""
        name = KEYS.get(resource, "lago_id")
        rows = self.rows[resource]
        found: list[Json]
        if isinstance(rows, list):
            found = [row for row in rows if row[name] == key]
        else:
            found = [rows.find(key)]
        if resource == "subscriptions":
            # The one that lives: an external id may have had others.
            found = [row for row in found if row["status"] == "active"]
            plans = {plan["code"]: plan for plan in self.rows["plans"]}
            if not found:
                return None
            own = self.own_plans.get(found[0]["lago_id"])
            return found[0] | {"plan": own or plans.get(found[0]["plan_code"])}
        if resource == "invoices" and found:
            fees = [fee for fee in self.rows["fees"] if fee["lago_invoice_id"] == key]
            return found[0] | {"fees": fees, "credits": [], "error_details": []}
        return found[0] if found else None

    def terminate(self, external_id: str, query: Query) -> Json | None:
        """End the live subscription of an id, and remember how; None if there is none."""
        for number, row in enumerate(self.rows["subscriptions"]):
            if row["external_id"] == external_id and row["status"] == "active":
                note = query.get("on_termination_credit_note", ["credit"])[0]
                ended: Json = row | {
                    "status": "terminated",
                    "terminated_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                    "on_termination_invoice": query.get("on_termination_invoice", ["generate"])[0],
                    "on_termination_credit_note": row["on_termination_credit_note"] and note,
                }
                self.rows["subscriptions"][number] = ended
                return ended
        return None

    def past_usage(self, query: Query) -> Json | None:
        """Answer the usage that a subscription was invoiced for; None if it is not named."""
        external_id = next(iter(query.get("external_subscription_id", ())), None)
        if external_id is None:
            return None
        periods: dict[tuple[str, str], Json] = {}
        for fee in self.rows["fees"]:
            charged = fee["item"]["type"] == "charge" and not fee["lago_true_up_parent_fee_id"]
            if fee["external_subscription_id"] == external_id and charged:
                _add_usage(periods, fee)
        newest = sorted(periods, reverse=True)
        shown = [periods[key] for key in newest]
        meta = {
            "current_page": 1 if shown else 0, "next_page": None, "prev_page": None,
            "total_pages": 1 if shown else 0, "total_count": len(shown),
        }  # fmt: skip
        return {"usage_periods": shown, "meta": meta}


def without(row: Json, name: str) -> Json:
    """Give an object without one of its fields."""
    return {key: value for key, value in row.items() if key != name}


def paged(root: str, rows: Sequence[Json], query: Query) -> Json:
    """Give one page of rows, of which no more than these are asked for."""
    size = _whole(query, "per_page", PAGE_ROWS)
    number = _whole(query, "page", 1)
    pages = -(-len(rows) // size)
    meta = {
        "current_page": number if rows else 0,
        "next_page": number + 1 if number < pages else None,
        "prev_page": number - 1 if number > 1 else None,
        "total_pages": pages,
        "total_count": len(rows),
    }
    return {root: list(rows[(number - 1) * size : number * size]), "meta": meta}


def _add_usage(periods: dict[tuple[str, str], Json], fee: Json) -> None:
    key = (fee["from_date"], fee["lago_invoice_id"] or "")
    usage = periods.setdefault(
        key,
        {
            "from_datetime": fee["from_date"], "to_datetime": fee["to_date"],
            "issuing_date": fee["to_date"][:10], "currency": fee["amount_currency"],
            "lago_invoice_id": fee["lago_invoice_id"], "amount_cents": 0,
            "taxes_amount_cents": 0, "total_amount_cents": 0, "charges_usage": [],
        },
    )  # fmt: skip
    for name in ("amount_cents", "taxes_amount_cents", "total_amount_cents"):
        usage[name] += fee[name]
    usage["charges_usage"].append(
        {
            "units": fee["units"], "total_aggregated_units": fee["total_aggregated_units"],
            "events_count": 1, "amount_cents": fee["amount_cents"],
            "amount_currency": fee["amount_currency"], "filters": [], "grouped_usage": [],
            "charge": {"lago_id": fee["lago_charge_id"], "charge_model": "standard"},
            "billable_metric": {
                "lago_id": fee["item"]["lago_item_id"], "name": fee["item"]["name"],
                "code": fee["item"]["code"], "aggregation_type": "sum_agg",
            },
        }
    )  # fmt: skip


def _fits(resource: str, row: Json, query: Query) -> bool:
    for key, name in FILTERS[resource].items():
        if key in query and _value(row, name) not in query[key]:
            return False
    if resource == "subscriptions":
        # Lago reads the list alone: a plain `status` is dropped, and only active ones come.
        return row["status"] in query.get("status[]", ("active",))
    if resource not in RANGES:
        return True
    ranged = RANGES[resource]
    value = str(row[ranged])
    low, high = query.get(f"{ranged}_from", ("",))[0], query.get(f"{ranged}_to", ("~",))[0]
    return low <= value <= high


def _value(row: Json, name: str) -> Any:
    for part in name.split("."):
        row = row[part]
    return row


def _whole(query: Query, name: str, default: int) -> int:
    text = query.get(name, (str(default),))[0]
    return max(1, int(text)) if text.isdigit() else default
