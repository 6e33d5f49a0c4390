"""What Lago bills beside plans and usage: add-ons, one-offs, coupons, credits, loose fees."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from deployments.sample import words
from deployments.sample.kept_out import CAUSE_OF_KIND
from deployments.sample.lago.book import LagoBook
from deployments.sample.lago.differences import Use
from deployments.sample.lago.objects.credits import credit_note_object
from deployments.sample.lago.objects.invoices import fee_object
from deployments.sample.lago.objects.parts import Json
from deployments.sample.nexacloud.invoices import Line, tax_rate
from deployments.sample.periods import add_months, midnight
from deployments.sample.rows import User

ADDON_SHARE = 0.04
ONE_OFF_SHARE = 0.06
COUPON_SHARE = 0.02
TOP_UP_SHARE = 0.03
LOOSE_SHARE = 0.06
COUPON_CENTS = 500
ONE = Decimal(1)


class Extras:
    """Adds them to a service's invoices, each labelled as what Odoo does not have."""

    def __init__(self, book: LagoBook, service: str) -> None:
        self._book = book
        self._service = service
        self._random = book.random

    def fee(
        self, customer: Json, subscription: Json, due: list[Use], user: User
    ) -> tuple[Json, Line] | None:
        """Return an add-on on a subscription's invoice, for a few."""
        if self._random.random() > ADDON_SHARE or not due or due[0].charge is not None:
            return None
        name, price = self._random.choice(words.ADDONS)
        fee = self._add_on(customer, subscription, user, name, Decimal(price), due[0])
        return fee, _outside(f"addon:{name}", due[0].start, due[0].end)

    def coupon(self, fees: list[Json]) -> int:
        """Return what a coupon takes off the invoice, in cents; mostly 0."""
        amount = sum(fee["amount_cents"] for fee in fees)
        rich = amount > 2 * COUPON_CENTS and fees[0]["amount_currency"] == "CAD"
        return COUPON_CENTS if rich and self._random.random() < COUPON_SHARE else 0

    @staticmethod
    def coupon_line(cents: int, start: datetime) -> Line:
        """Return the coupon's line, whose period is the day on which the invoice is issued."""
        line = _outside("credit:coupon", *_day_of_issue(start))
        line.amount = -Decimal(cents) / 100
        return line

    def customer(self, user: User, customer: Json) -> None:
        """Add what a customer was billed apart from subscriptions."""
        now = self._book.now
        start = add_months(now, -3).replace(hour=12) + self._random.random() * timedelta(days=60)
        start = start.replace(microsecond=0)
        end = start + timedelta(days=1)
        if customer["currency"] != "CAD":
            return
        if self._random.random() < ONE_OFF_SHARE:
            name, price = self._random.choice(words.ONE_OFF_SERVICES)
            use = Use("", start, end, tax_rate(user))
            fee = self._add_on(customer, None, user, name, Decimal(price), use)
            invoice = self._invoice(customer, fee, start, "one_off")
            self._label(invoice, customer, f"one-off:{name}", start, end)
            draft = fee | {"lago_id": self._book.new_id()}
            self._invoice(customer, draft, start, "one_off", status="draft")
            if self._random.random() < 0.5:
                self._credit_note(customer, invoice, fee)
        if self._random.random() < TOP_UP_SHARE:
            fee = self._fee(
                "credit", customer, Decimal(50), start, end, Decimal(0), "Prepaid credits"
            )
            # Credit that is bought is no revenue, and so no line of a ledger.
            self._invoice(customer, fee, start, "credit")
        if self._random.random() < LOOSE_SHARE:
            # Billed in advance, event by event, and not on any invoice yet.
            fee = self._fee("add_on", customer, ONE, start, end, 100 * tax_rate(user), "API key")
            fee |= {"pay_in_advance": True, "invoiceable": False, "payment_status": "pending"}
            self._book.fees.append(fee)
            self._label({"number": fee["lago_id"]}, customer, "addon:API key", start, end)

    def _credit_note(self, customer: Json, invoice: Json, fee: Json) -> None:
        book = self._book
        cents = fee["amount_cents"] // 10
        issued = datetime.fromisoformat(fee["from_date"]) + timedelta(days=3)
        note = credit_note_object(book.new_id(), invoice, fee, cents, issued)
        book.credit_notes.append(note)
        line = _outside("credit:other", *_day_of_issue(issued))
        book.label(self._service, note["number"], customer, None, line)

    def _add_on(
        self, customer: Json, subscription: Json | None, user: User, name: str, price: Decimal,
        use: Use,
    ) -> Json:  # fmt: skip
        rate = 100 * tax_rate(user)
        return self._fee("add_on", customer, price, use.start, use.end, rate, name, subscription)

    def _fee(
        self, kind: str, customer: Json, price: Decimal, start: datetime, end: datetime,
        rate: Decimal, name: str, subscription: Json | None = None,
    ) -> Json:  # fmt: skip
        return fee_object(
            self._book.new_id(), kind=kind, code=kind, name=name, amount=price,
            currency=customer["currency"], start=start, end=end, customer=customer,
            subscription=subscription, tax_rate=rate,
        )  # fmt: skip

    def _invoice(
        self, customer: Json, fee: Json, start: datetime, kind: str, status: str = "finalized"
    ) -> Json:
        return self._book.add_invoice(
            self._service, customer, [fee], customer["currency"], start, kind=kind, status=status
        )

    def _label(
        self, invoice: Json, customer: Json, item: str, start: datetime, end: datetime
    ) -> None:
        line = _outside(item, start, end)
        self._book.label(self._service, invoice["number"], customer, None, line)


def _day_of_issue(moment: datetime) -> tuple[datetime, datetime]:
    """Return the billing zone's day of the date that Lago writes on what it issues."""
    return midnight(moment.date()), midnight(moment.date() + timedelta(days=1))


def _outside(item: str, start: datetime, end: datetime) -> Line:
    cause = CAUSE_OF_KIND[item.partition(":")[0]]
    return Line(item, item, ONE, Decimal(0), Decimal(0), start, end, cause=cause, note=item)
