"""Money beside the plan's price: coupons, taxes, currencies, what is owed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.backfill.lago_foreign.objects import LONG_AGO, Case, Json, fee, uid, used

FLAT = "subscription"
NEW_YEAR = "2026-01-01T00:00:00Z"
JANUARY = NEW_YEAR, "2026-01-31T23:59:59Z"
FEBRUARY = "2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z"


def cases() -> Iterator[Case]:
    """Yield the customers."""
    yield _two_amounts()
    yield _percent_as_number()
    yield from _coupons_kept_out()
    yield from _wallets()
    yield _credit_notes()
    yield _taxes()
    yield from _tax_service()
    yield from _currencies()
    yield _fixed_charges()
    yield _least()
    yield from _plans_kept_out()


def _ahead(key: str, cents: int, **plan: Any) -> tuple[Case, Json]:
    """Give a customer with a plan ahead by the calendar since New Year, not billed yet."""
    case = Case(key, currency="EUR")
    return case, case.plan(f"for-{key}", cents, pay_in_advance=True, **plan)


def _two_amounts() -> Case:
    """Two amounts off 30.00, one of them for two more invoices: those of March and April."""
    case, plan = _ahead("two-coupons", 3000)
    mine = case.subscribe(plan, NEW_YEAR)
    ever = case.coupon("ever", amount_cents=300, amount_currency="EUR")
    thrice = case.coupon(
        "thrice", amount_cents=400, amount_currency="EUR", frequency="recurring",
        frequency_duration=4, frequency_duration_remaining=2,
    )  # fmt: skip
    for span in (JANUARY, FEBRUARY):
        invoice = case.bill(span[0][:10], fee(mine, FLAT, 3000, *span))
        case.taken(ever, invoice, 300)
        case.taken(thrice, invoice, 400)
    case.first["two-coupons-s"] = ("2026-03-01", "23.00", "27.60")
    case.orders["two-coupons-s"] = {
        "price": "30",
        "lines": [("discount:ever", "-3.00", None), ("discount:thrice", "-4.00", "2026-05-01")],
    }  # fmt: skip
    return case


def _percent_as_number() -> Case:
    """A third of 10.00, as a JSON number."""
    case, plan = _ahead("third", 1000)
    mine = case.subscribe(plan, NEW_YEAR)
    third = case.coupon("third", {"coupon_type": "percentage"}, percentage_rate=33.33)
    for span in (JANUARY, FEBRUARY):
        case.taken(third, case.bill(span[0][:10], fee(mine, FLAT, 1000, *span)), 333)
    case.first["third-s"] = ("2026-03-01", "6.67", "8.00")
    case.orders["third-s"] = {"lines": [("discount:third", "-3.33", None)]}
    return case


def _coupons_kept_out() -> Iterator[Case]:
    euros = {"amount_cents": 100, "amount_currency": "EUR"}
    said: list[tuple[str, str, Json, Json]] = [
        ("no-plans", "coupon_unreadable", {"limited_plans": True, "plan_codes": []}, euros),
        ("no-codes", "coupon_unreadable", {"limited_plans": True}, euros),
        ("no-metrics", "coupon_unreadable", {"limited_billable_metrics": True}, euros),
        ("no-amount", "coupon_unreadable", {}, {"amount_cents": None}),
        ("spoiled", "coupon_unreadable", {}, euros | {"amount_cents": "a lot"}),
        ("both", "coupon_unreadable", {}, euros | {"percentage_rate": "10.0"}),
        ("dollars", "coupon_currency", {}, euros | {"amount_currency": "USD"}),
        ("expires", "coupon_end", {}, euros | {"expiration_at": "2026-04-15T00:00:00Z"}),
        ("too-much", "coupon_above_price", {}, euros | {"amount_cents": 1001}),
        ("over-all", "coupon_above_price", {}, {"percentage_rate": "150.0"}),
        ("no-count", "coupon_end", {}, euros | {"frequency": "recurring"}),
    ]  # fmt: skip
    for key, rule, limits, applied in said:
        case, plan = _ahead(f"coupon-{key}", 1000)
        case.subscribe(plan, "2026-03-01T00:00:00Z" if key == "" else FEBRUARY[0])
        case.bill("2026-02-01", fee(case.rows["subscriptions"][0], FLAT, 1000, *FEBRUARY))
        case.coupon(key, limits, **applied)
        case.kept = rule
        yield case
    case, plan = _ahead("coupon-and-percent", 1000)
    case.subscribe(plan, NEW_YEAR)
    case.coupon("amount", **euros)
    case.coupon("percent", percentage_rate="20.0")
    case.kept, case.terms_say = "coupon_several", False
    yield case
    case = Case("coupon-taxes", currency="EUR")
    low = {"lago_id": uid("tax", "low"), "code": "low", "name": "low", "rate": 7.0}
    calls = case.charge("low_calls", "standard", {"amount": "0.1"}, taxes=[low])
    case.subscribe(case.plan("two-taxes", 1000, charges=[calls]), FEBRUARY[0])
    case.coupon("spread", **euros)
    case.kept = "coupon_taxes"
    yield case
    case, plan = _ahead("coupon-other-plan", 1000)
    mine = case.subscribe(plan, FEBRUARY[0])
    case.bill("2026-02-01", fee(mine, FLAT, 1000, *FEBRUARY))
    case.coupon("elsewhere", {"limited_plans": True, "plan_codes": ["third"]}, **euros)
    case.coupon("used-up", status="terminated", **euros)
    case.first["coupon-other-plan-s"] = ("2026-03-01", "10.00", "12.00")
    case.orders["coupon-other-plan-s"] = {"lines": []}
    yield case
    case = Case("coupon-threshold", currency="EUR")
    calls = case.charge("threshold_calls", "standard", {"amount": "0.1"})
    threshold = {"lago_id": uid("threshold"), "amount_cents": 5000, "recurring": False}
    plan = case.plan("thresholds", 1000, charges=[calls], usage_thresholds=[threshold])
    case.subscribe(plan, FEBRUARY[0])
    case.coupon("each-invoice", **euros)
    case.kept = "coupon_end"
    yield case


def _wallets() -> Iterator[Case]:
    """Several wallets, rates, and what cannot be read."""
    case, plan = _ahead("wallets", 1000)
    case.subscribe(plan, "2026-02-17T00:00:00Z")
    case.bill("2026-02-17", fee(case.rows["subscriptions"][0], FLAT, 429,
                                "2026-02-17T00:00:00Z", FEBRUARY[1]))  # fmt: skip
    first = case.wallet(
        "first", "17.5", 1750, applies_to={"fee_types": [], "billable_metric_codes": []}
    )
    case.came(first, "purchased", "20.0", 1250)
    case.came(first, "granted", "5.0", 500)
    # Two a credit; Lago does not say what is left of which: what was granted went first.
    second = case.wallet("second", "4.0", 800, rate_amount="2.0", consumed_credits="1.0")
    case.came(second, "granted", "6.0", None)
    case.came(second, "purchased", "4.0", None)
    gone = case.wallet("gone", "0.0", None, status="terminated")
    gone["currency"] = None
    case.owed = [
        ("wallet_granted", "5"), ("wallet_paid", "12.5"),
        ("wallet_granted", "4"), ("wallet_paid", "4"),
    ]  # fmt: skip
    case.first["wallets-s"] = ("2026-03-01", "10.00", "12.00")
    case.orders["wallets-s"] = {"price": "10"}
    yield case
    rule = {"status": "active", "trigger": "interval", "interval": "monthly"}
    limits = {"applies_to": {"fee_types": ["charge"], "billable_metric_codes": None}}
    said: list[tuple[str, str, Any, Json]] = [
        ("no-balance", "wallet_unreadable", None, {}),
        ("no-currency", "wallet_unreadable", 500, {"currency": None}),
        ("no-rate", "wallet_unreadable", 500, {"rate_amount": None}),
        ("overdrawn", "wallet_unreadable", -20, {}),
        ("other-currency", "wallet_currency", 500, {"currency": "USD"}),
        ("expires", "wallet_expiry", 500, {"expiration_at": "2028-01-01T00:00:00Z"}),
        ("limits", "wallet_limits", 500, limits),
        ("tops-up", "wallet_top_up_rule", 0, {"recurring_transaction_rules": [rule]}),
    ]
    for key, name, cents, known in said:
        # Lago gives a customer a currency with the first invoice: it may be absent.
        case = Case(f"wallet-{key}")
        case.subscribe(case.plan(f"for-wallet-{key}", 1000), FEBRUARY[0])
        case.wallet(key, "5.0", cents, **known)
        case.kept = name
        yield case


def _credit_notes() -> Case:
    """One with a part left, one used up, one voided: 5.95 is owed."""
    case, plan = _ahead("credit-notes", 4000)
    mine = case.subscribe(plan, FEBRUARY[0])
    invoice = case.bill("2026-02-01", fee(mine, FLAT, 4000, *FEBRUARY))
    case.credit_note(invoice, 1000, 595)
    case.credit_note(invoice, 200, 0, credit_status="consumed")
    case.credit_note(invoice, 300, 300, credit_status="voided")
    case.owed = [("credit_note", "5.95")]
    case.first["credit-notes-s"] = ("2026-03-01", "40.00", "48.00")
    case.orders["credit-notes-s"] = {"price": "40"}
    # What a person gave back is nothing that terms say.
    case.terms_say = False
    return case


def _taxes() -> Case:
    """Codes of the charge, the plan and the customer: the most specific counts."""
    low, high = (
        {"lago_id": uid("tax", code), "code": code, "name": code, "rate": rate}
        for code, rate in (("low", 7.0), ("high", 25))
    )
    case = Case("taxes", currency="EUR", taxes=[high, low], net_payment_term=0)
    calls = case.charge("taxed_calls", "standard", {"amount": "2"}, taxes=[low])
    other = case.charge("other_calls", "standard", {"amount": "3"}, taxes=[])
    mine = case.subscribe(case.plan("taxed", 1000, taxes=[high], charges=[calls, other]), NEW_YEAR)
    case.bill(
        "2026-02-01",
        fee(mine, FLAT, 1000, *JANUARY, taxes_rate=25),
        used(mine, calls, "3", 600, *JANUARY, taxes_rate=7.0),
    )
    case.customer = {"tax_codes": ["high", "low"], "payment_term_days": 0}
    case.first["taxes-s"] = ("2026-03-01", "10.00", "12.50")
    case.orders["taxes-s"] = {"tax_codes": ["high"]}
    case.usage = [("taxed_calls", "3", "6.00"), ("other_calls", "3", "9.00")]
    return case


def _tax_service() -> Iterator[Case]:
    decided = {"integration_customers": [{"lago_id": uid("anrok"), "type": "anrok"}]}
    for key, codes in (("tax-service", []), ("tax-service-codes", ["vat20"])):
        case = Case(key, currency="EUR", **decided)
        taxes = [{"lago_id": uid("tax", code), "code": code, "rate": 20} for code in codes]
        case.subscribe(case.plan(f"for-{key}", 1000, taxes=taxes), FEBRUARY[0])
        case.kept = "tax_service_codes" if codes else ""
        case.customer = {} if codes else {"tax_codes": None}
        case.orders = {} if codes else {f"{key}-s": {"tax_codes": None}}
        # Odoo's own tax of the sample's company.
        case.first = {} if codes else {f"{key}-s": ("2026-03-01", "10.00", "11.30")}
        yield case


def _currencies() -> Iterator[Case]:
    """Dinars of a thousand from 20 January (12 of 31 days), and won without cents."""
    dinar = Case("dinar", currency="KWD", net_payment_term=None)
    mine = dinar.subscribe(dinar.plan("dinar", 12345, "KWD"), "2026-01-20T00:00:00Z")
    span = "2026-01-20T00:00:00Z", JANUARY[1]
    dinar.bill("2026-02-01", fee(mine, FLAT, 4779, *span, currency="KWD"))
    dinar.first["dinar-s"] = ("2026-03-01", "12.345", "14.814")
    dinar.orders["dinar-s"] = {"price": "12.345", "currency": "KWD"}
    # The billing entity's, because the customer has none.
    dinar.customer = {"payment_term_days": 14, "language": "en", "tax_codes": ["vat20"]}
    yield dinar
    won = Case("won", currency="KRW")
    calls = won.charge("won_calls", "standard", {"amount": "0.5"}, min_amount_cents=90)
    mine = won.subscribe(won.plan("won", 9900, "KRW", charges=[calls]), NEW_YEAR)
    won.bill(
        "2026-02-01", fee(mine, FLAT, 9900, *JANUARY, currency="KRW"),
        used(mine, calls, "101.0", 51, *JANUARY, currency="KRW"),
        used(mine, calls, "1.0", 39, *JANUARY, currency="KRW",
             lago_true_up_parent_fee_id=uid("won")),
    )  # fmt: skip
    won.first["won-s"] = ("2026-03-01", "9990", "11988")
    won.orders["won-s"] = {"price": "9900"}
    yield won
    forint = Case("forint", currency="HUF")
    forint.subscribe(forint.plan("forint", 4500, "HUF"), FEBRUARY[0])
    forint.kept = "currency_subunits"
    yield forint
    mixed = Case("mixed", currency="USD")
    mixed.subscribe(mixed.plan("for-mixed", 4500, "EUR"), FEBRUARY[0])
    mixed.kept = "currency_mixed"
    yield mixed


def _fixed(code: str, model: str, properties: Json, **known: Any) -> Json:
    return {
        "lago_id": uid("fixed", code), "lago_add_on_id": uid("add-on", code), "code": code,
        "add_on_code": code, "invoice_display_name": None, "created_at": LONG_AGO,
        "charge_model": model, "pay_in_advance": False, "prorated": False,
        "properties": properties, **known,
    }  # fmt: skip


def _fixed_charges() -> Case:
    """Fixed charges that the list of plans leaves out: 3 at 7.00, and tiers: 5 x 2 + 3 x 1 + 4."""
    case = Case("fixed-charges", currency="EUR")
    tiers = [
        {"from_value": 0, "to_value": 5, "per_unit_amount": "2", "flat_amount": "0"},
        {"from_value": 6, "to_value": None, "per_unit_amount": "1", "flat_amount": "4"},
    ]
    fixed = [
        _fixed("seats", "standard", {"amount": "7"}, units=3),
        _fixed("disks", "graduated", {"graduated_ranges": tiers}, units="8.0"),
        _fixed("none", "standard", {"amount": "7"}, units="0.0"),
    ]
    mine = case.subscribe(case.plan("with-fixed", 2500, fixed_charges=fixed), NEW_YEAR)
    case.bill(
        "2026-02-01", fee(mine, FLAT, 2500, *JANUARY),
        fee(mine, "fixed_charge", 2100, *JANUARY, code="seats", units="3"),
        fee(mine, "fixed_charge", 1700, *JANUARY, code="disks", units="8"),
    )  # fmt: skip
    case.first["fixed-charges-s"] = ("2026-03-01", "63.00", "75.60")
    case.orders["fixed-charges-s"] = {
        "lines": [("fixed:seats", "21.00", None), ("fixed:disks", "17.00", None)]
    }
    return case


def _least() -> Case:
    """A minimum without words of its own: 50.00 a month, of which the price is 10.00."""
    case = Case("least", currency="EUR")
    least = {"lago_id": uid("least"), "amount_cents": 5000, "interval": "monthly"}
    mine = case.subscribe(case.plan("at-least", 1000, minimum_commitment=least), NEW_YEAR)
    case.bill(
        "2026-02-01", fee(mine, FLAT, 1000, *JANUARY), fee(mine, "commitment", 4000, *JANUARY)
    )
    case.orders["least-s"] = {"price": "10", "lines": []}
    case.first["least-s"] = ("2026-03-01", "50.00", "60.00")
    case.billed = {"flat": "10.00", "minimum": "40.00"}
    return case


def _plans_kept_out() -> Iterator[Case]:
    ahead = _fixed("ahead", "standard", {"amount": "7"}, units=3, pay_in_advance=True)
    said: list[tuple[str, str, Json]] = [
        ("no-price", "plan_without_price", {"amount_cents": None}),
        ("new-field", "unknown_field", {"platform_fee_cents": 100}),
        ("biennial", "period_unreadable", {"interval": "biennial"}),
        ("spoiled", "plan_unreadable", {"trial_period": "two weeks"}),
        ("fixed-ahead", "fixed_charge_timing", {"fixed_charges": [ahead]}),
        ("fixed-blank", "charge_terms",
         {"fixed_charges": [_fixed("blank", "standard", {"amount": None}, units=1)]}),
    ]  # fmt: skip
    for key, rule, fields in said:
        case = Case(f"plan-{key}", currency="EUR")
        plan = case.plan(f"for-plan-{key}", 1000)
        plan |= fields
        case.subscribe(plan, FEBRUARY[0])
        # Nothing of a fixed charge in advance was billed yet.
        case.kept, case.terms_say = rule, key != "fixed-ahead"
        yield case
