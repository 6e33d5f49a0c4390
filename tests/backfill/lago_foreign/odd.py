"""What a tenant of years has beside its plain customers: mixtures, leftovers, odd names."""

from __future__ import annotations

from collections.abc import Iterator

from tests.backfill.lago_foreign.objects import Case, Json, fee

FLAT = "subscription"
NEW_YEAR = "2026-01-01T00:00:00Z"
JANUARY = NEW_YEAR, "2026-01-31T23:59:59Z"
FEBRUARY = "2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z"
MARCH_1 = "2026-03-01"


def cases() -> Iterator[Case]:
    """Yield the customers."""
    yield _two_plans()
    yield _two_currencies()
    yield from _passed_on()
    yield _odd_names()
    yield _free_ahead()
    yield _yearly_free()
    yield from _coupons_over()
    yield _no_metric()
    yield from _addresses()


def _two_plans() -> Case:
    """A month in arrears and weeks ahead, of one customer and one coupon for the month's plan."""
    case = Case("two-plans", currency="EUR")
    monthly = case.plan("mixed-month", 2000)
    weekly = case.plan("mixed-week", 700, interval="weekly", pay_in_advance=True)
    month = case.subscribe(monthly, NEW_YEAR, "two-plans-month")
    week = case.subscribe(weekly, "2026-02-02T00:00:00Z", "two-plans-week")
    limits: Json = {"limited_plans": True, "plan_codes": ["mixed-month"]}
    off = case.coupon("month-only", limits, amount_cents=250, amount_currency="EUR")
    for start, end in (("2026-02-02", "2026-02-08"), ("2026-02-09", "2026-02-15"),
                       ("2026-02-16", "2026-02-22")):  # fmt: skip
        case.bill(start, fee(week, FLAT, 700, f"{start}T00:00:00Z", f"{end}T23:59:59Z"))
    case.taken(off, case.bill("2026-02-01", fee(month, FLAT, 2000, *JANUARY)), 250)
    case.orders = {
        "two-plans-month": {"price": "20", "lines": [("discount:month-only", "-2.50", None)]},
        "two-plans-week": {"price": "7", "lines": [], "period_end": "2026-02-23"},
    }
    case.first = {
        "two-plans-month": (MARCH_1, "17.50", "21.00"),
        "two-plans-week": ("2026-02-23", "7.00", "8.40"),
    }
    return case


def _two_currencies() -> Case:
    """A customer of whom Lago does not tell the currency, with plans in two: each in its own."""
    case = Case("two-currencies")
    for code, name in (("USD", "dollars"), ("EUR", "euros")):
        plan = case.plan(f"in-{name}", 1000, code, pay_in_advance=True)
        mine = case.subscribe(plan, FEBRUARY[0], f"in {name}")
        case.bill("2026-02-01", fee(mine, FLAT, 1000, *FEBRUARY, currency=code))
        case.orders[f"in {name}"] = {"price": "10", "currency": code}
        case.first[f"in {name}"] = (MARCH_1, "10.00", "12.00")
    return case


def _passed_on() -> Iterator[Case]:
    """An external id that another customer had until 15 January, and this one since the 20th."""
    before = Case("passed-on-before", currency="EUR")
    left = before.subscribe(
        before.plan("passed-on", 3100), NEW_YEAR, "passed-on", status="terminated",
        terminated_at="2026-01-15T10:00:00Z",
    )  # fmt: skip
    before.bill("2026-01-15", fee(left, FLAT, 1500, NEW_YEAR, "2026-01-15T23:59:59Z"))
    yield before
    after = Case("passed-on-after", currency="EUR")
    plan = before.rows["plans"][0]
    mine = after.subscribe(plan, "2026-01-20T00:00:00Z", "passed-on")
    after.bill("2026-02-01", fee(mine, FLAT, 1200, "2026-01-20T00:00:00Z", JANUARY[1]))
    after.orders["passed-on"] = {"price": "31", "started_on": "2026-01-20"}
    after.first["passed-on"] = (MARCH_1, "31.00", "37.20")
    yield after


def _odd_names() -> Case:
    """Ids and codes of blanks, quotes, brackets and other scripts."""
    case = Case("Ünï çødé 顧客 [1]", currency="EUR", name="Größe \u202e& Söhne <b>")
    plan = case.plan("Größe XL / 2.0 [neu], a:b", 1000, pay_in_advance=True)
    mine = case.subscribe(plan, FEBRUARY[0], "ein Abo, mit 'Zeichen' [x]: № 7")
    case.bill("2026-02-01", fee(mine, FLAT, 1000, *FEBRUARY))
    case.orders["ein Abo, mit 'Zeichen' [x]: № 7"] = {"price": "10"}
    case.first["ein Abo, mit 'Zeichen' [x]: № 7"] = (MARCH_1, "10.00", "12.00")
    return case


def _free_ahead() -> Case:
    """A plan of price 0 without any charge: Lago makes invoices of nothing."""
    case = Case("free-ahead", currency="EUR")
    mine = case.subscribe(case.plan("nothing-ahead", 0, pay_in_advance=True), FEBRUARY[0])
    case.bill("2026-02-01", fee(mine, FLAT, 0, *FEBRUARY))
    case.orders["free-ahead-s"] = {"price": "0"}
    case.first["free-ahead-s"] = (MARCH_1, "0.00", "0.00")
    return case


def _yearly_free() -> Case:
    """A year in arrears from 1 December: 31 of 365 days of 365.00 were due at New Year."""
    case = Case("year-behind", currency="EUR")
    mine = case.subscribe(
        case.plan("year-behind", 36500, interval="yearly"), "2025-12-01T00:00:00Z"
    )
    case.bill("2026-01-01", fee(mine, FLAT, 3100, "2025-12-01T00:00:00Z", "2025-12-31T23:59:59Z"))
    case.orders["year-behind-s"] = {"price": "365", "period_end": "2027-01-01"}
    case.first["year-behind-s"] = ("2027-01-01", "365.00", "438.00")
    return case


def _coupons_over() -> Iterator[Case]:
    """One that has no invoice left; of one whose day has passed and that is active nobody knows."""
    euros: Json = {"amount_cents": 100, "amount_currency": "EUR"}
    over: tuple[tuple[str, Json], ...] = (
        ("past", {"expiration_at": "2026-01-31T00:00:00Z"}),
        ("spent", {"frequency": "recurring", "frequency_duration": 3,
                   "frequency_duration_remaining": 0}),
    )  # fmt: skip
    for key, terms in over:
        case = Case(f"coupon-{key}", currency="EUR")
        mine = case.subscribe(case.plan(f"for-{key}", 1000, pay_in_advance=True), FEBRUARY[0])
        case.bill("2026-02-01", fee(mine, FLAT, 1000, *FEBRUARY))
        case.coupon(key, **euros, **terms)
        case.kept = "coupon_end" if key == "past" else ""
        if not case.kept:
            case.orders[f"coupon-{key}-s"] = {"lines": []}
            case.first[f"coupon-{key}-s"] = (MARCH_1, "10.00", "12.00")
        yield case


def _no_metric() -> Case:
    """A charge for a metric that no list of Lago has any more."""
    case = Case("no-metric", currency="EUR")
    calls = case.charge("deleted_metric", "standard", {"amount": "1"})
    case.rows["billable_metrics"] = []
    case.subscribe(case.plan("for-no-metric", 1000, charges=[calls]), FEBRUARY[0])
    case.kept = "metric_unknown"
    return case


def _addresses() -> Iterator[Case]:
    """Places as people write them: they decide no tax here, the codes do."""
    said: tuple[tuple[str, Json], ...] = (
        ("germany", {"country": "DE", "state": "Bayern", "zipcode": "80331", "city": "München",
                     "tax_identification_number": "DE123456788"}),
        ("lower", {"country": "fr", "state": None, "address_line1": "1, rue X"}),
        ("kosovo", {"country": "XK", "city": "Prishtina"}),
        ("nowhere", {"country": None, "state": "??", "zipcode": ""}),
        ("bad-vat", {"country": "AT", "tax_identification_number": "not a number"}),
    )  # fmt: skip
    for key, fields in said:
        case = Case(f"lives-{key}", currency="EUR", name=key, **fields)
        mine = case.subscribe(case.plan(f"for-{key}", 1000, pay_in_advance=True), FEBRUARY[0])
        case.bill("2026-02-01", fee(mine, FLAT, 1000, *FEBRUARY))
        case.orders[f"lives-{key}-s"] = {"price": "10"}
        case.first[f"lives-{key}-s"] = (MARCH_1, "10.00", "12.00")
        yield case
