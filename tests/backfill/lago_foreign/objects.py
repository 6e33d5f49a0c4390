"""Lago's API objects as its public document has them, made for a tenant that is nobody's sample.

An object has what the document requires and what a case says; anything else is absent, not null.
Money is in cents as the API has it. Moments are texts, in UTC as Lago writes them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Json = dict[str, Any]
SERVICE = "overseas"
#: In Auckland it is evening, in Los Angeles still the day before.
READ_AT = datetime(2026, 2, 17, 5, 30, tzinfo=UTC)
LONG_AGO = "2023-05-04T03:02:01Z"
LISTS = (
    "customers", "plans", "subscriptions", "billable_metrics", "coupons", "applied_coupons",
    "wallets", "wallet_transactions", "invoices", "fees", "credit_notes",
)  # fmt: skip


def uid(*names: str) -> str:
    """Give an id that stays."""
    return str(uuid5(NAMESPACE_URL, "/".join(names)))


class Case:
    """One customer, and what must come out.

    Attributes:
        key: The customer's external id.
        rows: Their objects, by list.
        kept: Name under which the customer, a plan or a subscription of theirs is kept out;
            empty: nothing is.
        unreadable: Rule of an invoice or fee of theirs that cannot be read: they are loaded, and
            not switched.
        outside: Statuses of subscriptions that have nothing to bill, beside the ended ones.
        orders: By external id, fields of the order: texts of its values.
        first: By external id, Odoo's first invoice if it took over now and nothing was used: its
            day, before and with tax.
        owed: Opening credits: kind and amount.
        customer: Fields of the customer.
        usage: What units cost by a plan's charge: the charge's end of name, units, amount.
        own: Plans of one subscription alone, by its Lago id.
        billed: What was billed in all, before tax, by the ledger's items; None: see ``terms_say``.
        terms_say: Whether the terms alone tell all that was billed.
    """

    key: str

    def __init__(self, key: str, **known: Any) -> None:
        """Begin with a customer of whom Lago tells no more than it must."""
        self.key = key
        self.rows: dict[str, list[Json]] = {name: [] for name in LISTS}
        self.kept = ""
        self.unreadable = ""
        self.outside: tuple[str, ...] = ()
        self.terms_say = True
        self.orders: dict[str, Json] = {}
        self.first: dict[str, tuple[str, str, str]] = {}
        self.owed: list[tuple[str, str]] = []
        self.customer: Json = {}
        self.usage: list[tuple[str, str, str]] = []
        self.own: Json = {}
        self.billed: dict[str, str] | None = None
        zone = known.pop("zone", "UTC")
        self._add(
            "customers", uid("customer", key), sequential_id=len(key), slug=f"OVS-{len(key):03}",
            **{"external_id": key, "billing_entity_code": SERVICE, "applicable_timezone": zone,
               "created_at": LONG_AGO, "taxes": []} | known,
        )  # fmt: skip

    def __repr__(self) -> str:
        """Name the case in a test's report."""
        return self.key

    def _add(self, resource: str, lago_id: str, **fields: Any) -> Json:
        row = {"lago_id": lago_id, **fields}
        self.rows[resource].append(row)
        return row

    def plan(self, code: str, cents: int | None, currency: str = "EUR", **known: Any) -> Json:
        """Add a plan, by the month and in arrears, whose charges are ``charges``."""
        charges = known.pop("charges", [])
        return self._add(
            "plans", uid("plan", code), code=code, name=code, created_at=LONG_AGO,
            amount_cents=cents, amount_currency=currency, charges=charges,
            **{"interval": "monthly"} | known,
        )  # fmt: skip

    def charge(self, metric: str, model: str, properties: Json, **known: Any) -> Json:
        """Make a charge for a metric of its own, which it adds with ``counted`` said of it."""
        counted = {"aggregation_type": "sum_agg", "recurring": False, **known.pop("counted", {})}
        of = uid("metric", metric)
        if of not in {row["lago_id"] for row in self.rows["billable_metrics"]}:
            self._add(
                "billable_metrics", of, code=metric, name=metric, created_at=LONG_AGO, **counted
            )
        return {
            "lago_id": uid("charge", metric, known.get("code", "")),
            "lago_billable_metric_id": of,
            "billable_metric_code": metric, "created_at": LONG_AGO, "charge_model": model,
            "invoiceable": True, "regroup_paid_fees": None, "pay_in_advance": False,
            "prorated": False, "min_amount_cents": 0, "properties": properties, "filters": [],
            **known,
        }  # fmt: skip

    def subscribe(self, plan: Json, started: str | None, name: str = "", **known: Any) -> Json:
        """Add a subscription by the calendar; ``name`` is its external id."""
        external_id = name or f"{self.key}-s"
        nulls = (
            "name", "canceled_at", "ending_at", "terminated_at", "previous_plan_code",
            "next_plan_code", "downgrade_plan_date", "trial_ended_at",
            "current_billing_period_started_at", "current_billing_period_ending_at",
        )  # fmt: skip
        ahead = "credit" if plan.get("pay_in_advance") else None
        fields = {
            "external_id": external_id, "lago_customer_id": uid("customer", self.key),
            "external_customer_id": self.key, "billing_time": "calendar",
            "plan_code": plan["code"], "status": "active", "started_at": started,
            "subscription_at": started, "created_at": started or LONG_AGO,
            "on_termination_credit_note": ahead, "on_termination_invoice": "generate",
            **dict.fromkeys(nulls),
        }  # fmt: skip
        return self._add(
            "subscriptions", uid("subscription", external_id, started or ""), **fields | known
        )

    def bill(self, day: str, *fees: Json, kind: str = "subscription", **known: Any) -> Json:
        """Add a finalized invoice of fees; its sums are theirs, but for what is said."""
        first = fees[0]["external_subscription_id"] or ""
        lago_id = uid("invoice", self.key, day, kind, first)
        for number, fee in enumerate(fees):
            fee |= {"lago_id": uid(lago_id, str(number)), "lago_invoice_id": lago_id}
            self.rows["fees"].append(fee | {"created_at": f"{day}T00:00:00Z"})
        sums = dict.fromkeys(
            ("coupons", "credit_notes", "prepaid_credit", "progressive_billing_credit"), 0
        )
        sums["fees"] = sum(fee["amount_cents"] for fee in fees)
        fields = {
            "billing_entity_code": SERVICE, "number": f"OVS-{lago_id[:8]}", "issuing_date": day,
            "invoice_type": kind, "status": "finalized", "payment_status": "pending",
            "currency": fees[0]["amount_currency"], "version_number": 4,
            "customer": {"external_id": self.key},
            **{f"{name}_amount_cents": cents for name, cents in sums.items()},
        }  # fmt: skip
        return self._add("invoices", lago_id, **fields | known)

    def coupon(self, code: str, limits: Json | None = None, **applied: Any) -> Json:
        """Add a coupon and what the customer has of it, for ever unless said otherwise."""
        coupon = uid("coupon", self.key, code)
        terms = {"frequency": "forever", **applied}
        self._add(
            "coupons", coupon, code=code, name=code, reusable=False, created_at=LONG_AGO,
            frequency=terms["frequency"], expiration="no_expiration",
            **{"coupon_type": "fixed_amount", "limited_plans": False,
               "limited_billable_metrics": False} | (limits or {}),
        )  # fmt: skip
        return self._add(
            "applied_coupons", uid("applied", self.key, code), lago_coupon_id=coupon,
            coupon_code=code, coupon_name=code, lago_customer_id=uid("customer", self.key),
            external_customer_id=self.key, created_at=LONG_AGO, credits=[],
            **{"status": "active"} | terms,
        )  # fmt: skip

    def taken(self, applied: Json, invoice: Json, cents: int) -> None:
        """Say that a coupon took an amount off an invoice, spread over its fees."""
        applied["credits"].append(
            {"amount_cents": cents, "amount_currency": invoice["currency"],
             "invoice": {"lago_id": invoice["lago_id"]}}
        )  # fmt: skip
        invoice["coupons_amount_cents"] += cents
        for fee in self.rows["fees"]:
            if fee["lago_invoice_id"] == invoice["lago_id"]:
                share = Decimal(cents) * fee["amount_cents"] / invoice["fees_amount_cents"]
                known = Decimal(fee.get("precise_coupons_amount_cents", "0"))
                fee["precise_coupons_amount_cents"] = str(known + share)

    def wallet(self, name: str, credits: str, cents: Any, **known: Any) -> Json:
        """Add a wallet of credits that are worth one of the currency unless said otherwise."""
        return self._add(
            "wallets", uid("wallet", self.key, name), external_customer_id=self.key,
            lago_customer_id=uid("customer", self.key), created_at=LONG_AGO,
            invoice_requires_successful_payment=False,
            **{"status": "active", "consumed_credits": "0.0", "currency": "EUR",
               "rate_amount": "1.0", "code": name, "credits_balance": credits,
               "balance_cents": cents} | known,
        )  # fmt: skip

    def came(self, wallet: Json, kind: str, amount: str, left: int | None) -> None:
        """Say that credits came into a wallet; ``left`` is what is there of them, in cents."""
        self._add(
            "wallet_transactions", uid(wallet["lago_id"], kind, amount), status="settled",
            lago_wallet_id=wallet["lago_id"], transaction_type="inbound", transaction_status=kind,
            amount=amount, credit_amount=amount, remaining_amount_cents=left, created_at=LONG_AGO,
        )  # fmt: skip

    def credit_note(self, invoice: Json, cents: int, balance: int, **known: Any) -> Json:
        """Add a credit note: ``cents`` before tax, ``balance`` with tax and still owed."""
        number = f"{invoice['number']}-CN{len(self.rows['credit_notes']) + 1}"
        fields = {
            "number": number, "lago_invoice_id": invoice["lago_id"], "reason": "other",
            "billing_entity_code": SERVICE, "issuing_date": invoice["issuing_date"],
            "currency": invoice["currency"], "credit_status": "available",
            "sub_total_excluding_taxes_amount_cents": cents, "balance_amount_cents": balance,
            "customer": {"external_id": self.key},
        }  # fmt: skip
        return self._add("credit_notes", uid("note", number), **fields | known)


def fee(subscription: Json, kind: str, cents: int, start: str, end: str, **known: Any) -> Json:
    """Make a fee for a time from ``start`` to the last second ``end``."""
    return {
        "external_subscription_id": subscription["external_id"],
        "external_customer_id": subscription["external_customer_id"], "amount_cents": cents,
        "amount_currency": known.pop("currency", "EUR"), "units": "1.0", "taxes_rate": 20,
        "taxes_amount_cents": 0, "from_date": start, "to_date": end,
        "item": {"type": kind, "code": known.pop("code", subscription["plan_code"]), "name": kind,
                 **known.pop("item", {})},
        **known,
    }  # fmt: skip


def used(
    subscription: Json, charge: Json, units: Any, cents: int, start: str, end: str, **known: Any
) -> Json:
    """Make a fee for units that a charge counted."""
    return fee(
        subscription, "charge", cents, start, end, code=charge["billable_metric_code"],
        units=units, lago_charge_id=charge["lago_id"], **known,
    )  # fmt: skip
