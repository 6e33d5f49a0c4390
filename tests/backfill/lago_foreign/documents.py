"""Invoices, fees and credit notes that are no plain period: what counts as billed, once."""

from __future__ import annotations

from collections.abc import Iterator

from tests.backfill.lago_foreign.objects import Case, Json, fee, uid, used

FLAT = "subscription"
JANUARY = "2026-01-01T00:00:00Z", "2026-01-31T23:59:59Z"


def cases() -> Iterator[Case]:
    """Yield the customers."""
    yield _prepaid()
    yield _one_off()
    yield _voided()
    yield _draft()
    yield _in_advance()
    yield _shared_coupon()
    yield _gone()
    yield _nobodys()
    yield _partner()
    yield from _unreadable()


def _case(key: str, **known: str) -> tuple[Case, Json]:
    case = Case(key, currency="EUR", **known)
    mine = case.subscribe(case.plan(f"for-{key}", 1500), JANUARY[0])
    case.orders[f"{key}-s"] = {"price": "15"}
    case.first[f"{key}-s"] = ("2026-03-01", "15.00", "18.00")
    # What people did beside the terms is nothing that terms say.
    case.terms_say = False
    return case, mine


def _prepaid() -> Case:
    """Credits that were bought are no revenue, and what they pay is."""
    case, mine = _case("prepaid")
    bought = fee(mine, "credit", 5000, *JANUARY, external_subscription_id=None, from_date=None,
                 to_date=None)  # fmt: skip
    case.bill("2026-01-02", bought, kind="credit")
    case.bill("2026-02-01", fee(mine, FLAT, 1500, *JANUARY), prepaid_credit_amount_cents=1500)
    case.came(case.wallet("bought", "35.0", 3500), "purchased", "50.0", 3500)
    case.owed = [("wallet_paid", "35")]
    case.billed = {"flat": "15.00"}
    return case


def _one_off() -> Case:
    """Add-ons, once, without a period and without a subscription."""
    case, mine = _case("one-off")
    extra = fee(mine, "add_on", 9900, *JANUARY, external_subscription_id=None, from_date=None,
                to_date=None, code="setup", units=2)  # fmt: skip
    case.bill("2026-01-20", extra, kind="one_off")
    case.bill("2026-02-01", fee(mine, FLAT, 1500, *JANUARY))
    case.billed = {"one-off:add_on": "99.00", "flat": "15.00"}
    return case


def _voided() -> Case:
    """A voided invoice with its credit note, and the one that replaced it."""
    case, mine = _case("voided")
    wrong = case.bill("2026-02-01", fee(mine, FLAT, 1800, *JANUARY), status="voided")
    case.credit_note(wrong, 1800, 0, credit_status="voided")
    right = case.bill("2026-02-02", fee(mine, FLAT, 1500, *JANUARY))
    case.credit_note(right, 250, 0, credit_status="consumed", reason="duplicated_charge")
    case.billed = {"flat": "15.00", "credit:duplicated_charge": "-2.50"}
    return case


def _draft() -> Case:
    """A draft of days of grace, a failed one, and one that waits for its taxes."""
    case, mine = _case("draft")
    for number, status in enumerate(("draft", "failed", "pending")):
        invoice = case.bill(
            f"2026-02-0{number + 1}", fee(mine, FLAT, 1500, *JANUARY), status=status
        )
        # Some of their sums are not there yet.
        invoice |= {"fees_amount_cents": 0, "number": ""}
    case.billed = {}
    return case


def _in_advance() -> Case:
    """Fees per event that are on no invoice are billed by themselves."""
    case, mine = _case("loose")
    case.orders, case.first = {}, {}
    each = case.charge("loose_calls", "standard", {"amount": "1"}, pay_in_advance=True,
                       invoiceable=False)  # fmt: skip
    case.rows["plans"][0]["charges"] = [each]
    for number, cents in enumerate((100, 250)):
        loose = used(mine, each, cents / 100, cents, *JANUARY)
        loose |= {"lago_id": uid("loose", str(number)), "lago_invoice_id": None,
                  "created_at": "2026-01-09T00:00:00Z", "pay_in_advance": True}  # fmt: skip
        case.rows["fees"].append(loose)
    case.bill("2026-02-01", fee(mine, FLAT, 1500, *JANUARY))
    case.kept = "charge_not_invoiceable"
    case.billed = {"flat": "15.00", "usage:loose_calls": "3.50"}
    return case


def _shared_coupon() -> Case:
    """One invoice of two subscriptions; its coupon is spread over both, and of neither alone."""
    case, first = _case("spread")
    second = case.subscribe(case.rows["plans"][0], JANUARY[0], "spread-2")
    invoice = case.bill(
        "2026-02-01", fee(first, FLAT, 1500, *JANUARY), fee(second, FLAT, 1500, *JANUARY)
    )
    off = case.coupon("spread", amount_cents=1001, amount_currency="EUR")
    case.taken(off, invoice, 1001)
    case.orders, case.first = {}, {}
    case.kept = "coupon_several_subscriptions"
    case.billed = {"flat": "30.00", "discount:spread": "-10.01"}
    return case


def _gone() -> Case:
    """One who has left: nothing to load, and the last days are what the terms say."""
    case = Case("gone", currency="EUR")
    left = case.subscribe(
        case.plan("for-gone", 3100), JANUARY[0], status="terminated",
        terminated_at="2026-01-08T15:00:00Z",
    )  # fmt: skip
    case.bill("2026-01-08", fee(left, FLAT, 800, JANUARY[0], "2026-01-08T23:59:59Z"))
    case.billed = {"flat": "8.00"}
    return case


def _nobodys() -> Case:
    """An invoice that does not say whose it is, or of which billing entity; its fees do."""
    case = Case("nobodys", currency="EUR")
    mine = case.subscribe(case.plan("for-nobodys", 3000, pay_in_advance=True), JANUARY[0])
    off = case.coupon("nobodys", amount_cents=500, amount_currency="EUR")
    for start, end in (JANUARY, ("2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z")):
        invoice = case.bill(start[:10], fee(mine, FLAT, 3000, start, end))
        case.taken(off, invoice, 500)
        del invoice["customer"]
        invoice["billing_entity_code"] = None
    case.first["nobodys-s"] = ("2026-03-01", "25.00", "30.00")
    case.orders["nobodys-s"] = {"lines": [("discount:nobodys", "-5.00", None)]}
    case.billed = {"flat": "60.00", "discount:nobodys": "-10.00"}
    return case


def _partner() -> Case:
    """A partner's self-billed invoices are bills that the service owes: no revenue."""
    case = Case("owed-to-partner", currency="EUR", account_type="partner")
    mine = case.subscribe(case.plan("for-partner", 9000), JANUARY[0])
    own = case.bill("2026-02-01", fee(mine, FLAT, 9000, *JANUARY), self_billed=True)
    case.credit_note(own, 100, 0, reason="other", self_billed=True)
    case.kept = "partner_self_billed"
    case.billed = {}
    # Who reads the terms leaves partners out.
    case.terms_say = False
    return case


def _unreadable() -> Iterator[Case]:
    """One invoice that can be read, and one that cannot: nothing of that one counts."""
    invoices: tuple[tuple[str, Json], ...] = (
        ("no-currency", {"currency": None}),
        ("unfooted", {"fees_amount_cents": 1400}),
        ("new-status", {"status": "half-finalized"}),
    )
    fees: tuple[tuple[str, Json], ...] = (
        ("no-period", {"from_date": None}),
        ("no-amount", {"amount_cents": None}),
        ("nobodys-fee", {"external_subscription_id": None}),
    )
    for key, spoiled in (*invoices, *fees):
        case, mine = _case(f"spoiled-{key}")
        december = "2025-12-01T00:00:00Z", "2025-12-31T23:59:59Z"
        mine |= {"started_at": december[0], "subscription_at": december[0]}
        case.bill("2026-01-01", fee(mine, FLAT, 1500, *december))
        invoice = case.bill("2026-02-01", fee(mine, FLAT, 1500, *JANUARY))
        is_fee = (key, spoiled) in fees
        (case.rows["fees"][-1] if is_fee else invoice).update(spoiled)
        case.unreadable = "fee_unreadable" if is_fee else "invoice_unreadable"
        case.billed = {"flat": "15.00"}
        yield case
