"""Periods, begins and ends, in zones west and east of UTC."""

from __future__ import annotations

from collections.abc import Iterator

from tests.backfill.lago_foreign.objects import Case, Json, fee, uid, used

FLAT = "subscription"


def cases() -> Iterator[Case]:
    """Yield the customers."""
    yield _berlin()
    yield _auckland()
    yield _los_angeles()
    yield _tokyo()
    yield _month_end()
    yield _leap_day()
    yield _trial()
    yield _trial_cut()
    yield from _trials_that_run()
    yield _upgraded()
    yield _came_back()
    yield _two_on_a_day()
    yield _own_prices()
    yield _free()
    yield _ends_later()
    yield from _not_live()
    yield from _kept_out()


def _berlin() -> Case:
    """Begin on 11 January 00:30 in Berlin: 21 of 31 days."""
    case = Case("Köln/№ 1 & co?", zone="Europe/Berlin", name="Kölner Werke", currency="EUR")
    plan = case.plan("berlin", 3100)
    mine = case.subscribe(plan, "2026-01-10T23:30:00.000Z", "abo/№ 1?#%")
    case.bill(
        "2026-02-01", fee(mine, FLAT, 2100, "2026-01-10T23:00:00Z", "2026-01-31T22:59:59.999Z")
    )
    case.first["abo/№ 1?#%"] = ("2026-03-01", "31.00", "37.20")
    case.orders["abo/№ 1?#%"] = {
        "price": "31", "period_start": "2026-02-01", "period_end": "2026-03-01",
        "in_advance": False, "billing_time": "calendar", "timezone": "Europe/Berlin",
        "started_on": "2026-01-11",
    }  # fmt: skip
    return case


def _auckland() -> Case:
    """A week in advance, from Wednesday 4 February there: 5 of 7 days, then whole weeks."""
    case = Case("auckland", zone="Pacific/Auckland", currency="NZD", email="")
    plan = case.plan("weekly-ahead", 700, "NZD", interval="weekly", pay_in_advance=True)
    mine = case.subscribe(plan, "2026-02-03T11:30:00Z")
    weeks = (
        (500, "2026-02-03T11:00:00Z", "2026-02-08T10:59:59Z"),
        (700, "2026-02-08T11:00:00Z", "2026-02-15T10:59:59Z"),
        (700, "2026-02-15T11:00:00Z", "2026-02-22T10:59:59Z"),
    )
    for cents, start, end in weeks:
        case.bill(start[:10], fee(mine, FLAT, cents, start, end, currency="NZD"))
    case.first["auckland-s"] = ("2026-02-23", "7.00", "8.40")
    case.orders["auckland-s"] = {
        "price": "7", "cycle": "weekly", "currency": "NZD", "started_on": "2026-02-04",
        "period_start": "2026-02-16", "period_end": "2026-02-23", "in_advance": True,
    }  # fmt: skip
    return case


def _los_angeles() -> Case:
    """A quarter in arrears from 15 November there: 47 of 92 days of 90.00."""
    case = Case("la", zone="America/Los_Angeles", currency="USD", firstname="Ana", lastname="Li")
    plan = case.plan("quarter", 9000, "USD", interval="quarterly")
    mine = case.subscribe(plan, "2025-11-16T07:30:00.123Z")
    span = "2025-11-15T08:00:00Z", "2026-01-01T07:59:59Z"
    case.bill("2026-01-01", fee(mine, FLAT, 4598, *span, currency="USD"))
    case.first["la-s"] = ("2026-04-01", "90.00", "108.00")
    case.orders["la-s"] = {
        "price": "90", "cycle": "quarterly", "started_on": "2025-11-15",
        "period_start": "2026-01-01", "period_end": "2026-04-01", "in_advance": False,
    }  # fmt: skip
    return case


def _tokyo() -> Case:
    """A half-year of 18,100 yen ahead from 15 December (17 of 184 days), its charges monthly."""
    case = Case("東京", zone="Asia/Tokyo", currency="JPY")
    calls = case.charge("yen_calls", "standard", {"amount": "1.5"}, code="calls")
    plan = case.plan(
        "half-year", 18100, "JPY", interval="semiannual", pay_in_advance=True,
        bill_charges_monthly=True, charges=[calls],
    )  # fmt: skip
    mine = case.subscribe(plan, "2025-12-14T15:00:00Z")
    december = "2025-12-14T15:00:00Z", "2025-12-31T14:59:59Z"
    january = "2025-12-31T15:00:00Z", "2026-01-31T14:59:59Z"
    half = "2025-12-31T15:00:00Z", "2026-06-30T14:59:59Z"
    case.bill("2025-12-15", fee(mine, FLAT, 1672, *december, currency="JPY"))
    case.bill(
        "2026-01-01", fee(mine, FLAT, 18100, *half, currency="JPY"),
        used(mine, calls, "37.0", 56, *december, currency="JPY"),
    )  # fmt: skip
    case.bill("2026-02-01", used(mine, calls, 100, 150, *january, currency="JPY"))
    case.first["東京-s"] = ("2026-07-01", "18100", "21720")
    case.orders["東京-s"] = {
        "price": "18100", "cycle": "semiannual", "period_start": "2026-01-01",
        "period_end": "2026-07-01", "usage_cycle": None, "currency": "JPY",
    }  # fmt: skip
    return case


def _month_end() -> Case:
    """Months from the 31st: they begin on a shorter month's last day."""
    case = Case("month-end", currency="EUR")
    mine = case.subscribe(case.plan("month-end", 3000), "2025-10-31T08:00:00Z",
                          billing_time="anniversary")  # fmt: skip
    for start, end in (
        ("2025-10-31", "2025-11-29"), ("2025-11-30", "2025-12-30"), ("2025-12-31", "2026-01-30"),
    ):  # fmt: skip
        case.bill(end, fee(mine, FLAT, 3000, f"{start}T00:00:00Z", f"{end}T23:59:59Z"))
    case.first["month-end-s"] = ("2026-02-28", "30.00", "36.00")
    case.orders["month-end-s"] = {
        "period_start": "2026-01-31", "period_end": "2026-02-28", "billing_time": "anniversary",
    }  # fmt: skip
    return case


def _leap_day() -> Case:
    """Years from 29 February, ahead."""
    case = Case("leap-day", currency="EUR", email="a@leap.example,  b@leap.example")
    plan = case.plan("leap", 36600, interval="yearly", pay_in_advance=True)
    mine = case.subscribe(plan, "2024-02-29T12:00:00Z", billing_time="anniversary")
    for start, end in (
        ("2024-02-29", "2025-02-27"), ("2025-02-28", "2026-02-27"),
    ):  # fmt: skip
        case.bill(start, fee(mine, FLAT, 36600, f"{start}T00:00:00Z", f"{end}T23:59:59Z"))
    case.first["leap-day-s"] = ("2026-02-28", "366.00", "439.20")
    case.orders["leap-day-s"] = {"period_start": "2025-02-28", "period_end": "2026-02-28"}
    case.customer = {"email": "a@leap.example", "emails": ["a@leap.example", "b@leap.example"]}
    return case


def _trial() -> Case:
    """A year ahead after 30 days of trial, its charges by the month: 335 of 365 days."""
    case = Case("trial", currency="EUR")
    seats = case.charge("trial_calls", "standard", {"amount": "0.7"})
    plan = case.plan(
        "trial-year", 120000, interval="yearly", pay_in_advance=True, trial_period=30.0,
        bill_charges_monthly=True, charges=[seats],
    )  # fmt: skip
    mine = case.subscribe(plan, "2025-12-20T00:00:00Z", billing_time="anniversary")
    case.bill("2026-01-19", fee(mine, FLAT, 110137, "2026-01-19T00:00:00Z", "2026-12-19T23:59:59Z"))
    case.bill(
        "2026-01-20", used(mine, seats, "10", 700, "2025-12-20T00:00:00Z", "2026-01-19T23:59:59Z")
    )
    case.first["trial-s"] = ("2026-12-20", "1200.00", "1440.00")
    case.orders["trial-s"] = {
        "price": "1200", "trial_ends_on": "2026-01-19", "period_end": "2026-12-20",
        "usage_cycle": None,
    }  # fmt: skip
    return case


def _trial_cut() -> Case:
    """A trial that was over on 11 January (21 of 31 days), before its plan was given 90 days."""
    case = Case("trial-cut", currency="EUR")
    plan = case.plan("longer-trial", 3100, trial_period=90)
    mine = case.subscribe(plan, "2026-01-01T00:00:00Z", trial_ended_at="2026-01-11T00:10:00Z")
    case.bill("2026-02-01", fee(mine, FLAT, 2100, "2026-01-11T00:00:00Z", "2026-01-31T23:59:59Z"))
    case.first["trial-cut-s"] = ("2026-03-01", "31.00", "37.20")
    case.orders["trial-cut-s"] = {"trial_ends_on": "2026-01-11", "period_end": "2026-03-01"}
    return case


def _trials_that_run() -> Iterator[Case]:
    """Ahead the price begins on the day of the end; in arrears it is due after its period."""
    for key, cents, start, days, is_ahead, over, day, net, total in (
        ("trial-runs", 2800, "2026-02-05", 20, True, "2026-02-25", "2026-02-25", "4.00", "4.80"),
        ("trial-long", 3100, "2026-02-10", 40, True, "2026-03-22", "2026-03-22", "10.00", "12.00"),
        ("trial-behind", 3100, "2026-02-15", 30, False, "2026-03-17", "2026-04-01", "15.00",
         "18.00"),
    ):  # fmt: skip
        case = Case(key, currency="EUR")
        plan = case.plan(f"plan-{key}", cents, pay_in_advance=is_ahead, trial_period=float(days))
        case.subscribe(plan, f"{start}T00:00:00Z")
        case.first[f"{key}-s"] = (day, net, total)
        case.orders[f"{key}-s"] = {"trial_ends_on": over, "period_end": day}
        yield case


def _upgraded() -> Case:
    """A dearer plan within the period: 21 of 31 days of it, and as many of the old given back."""
    case = Case("upgraded", currency="EUR")
    old = case.plan("small", 3000, pay_in_advance=True)
    new = case.plan("big", 6200, pay_in_advance=True)
    before = case.subscribe(
        old, "2026-01-05T09:00:00Z", "up", billing_time="anniversary", status="terminated",
        terminated_at="2026-01-15T10:00:00Z", next_plan_code="big",
    )  # fmt: skip
    after = case.subscribe(
        new, "2026-01-15T10:00:00Z", "up", billing_time="anniversary",
        subscription_at="2026-01-05T09:00:00Z", previous_plan_code="small",
    )  # fmt: skip
    first = case.bill(
        "2026-01-05", fee(before, FLAT, 3000, "2026-01-05T00:00:00Z", "2026-02-04T23:59:59Z")
    )
    case.bill("2026-01-15", fee(after, FLAT, 4200, "2026-01-15T00:00:00Z", "2026-02-04T23:59:59Z"))
    case.bill("2026-02-05", fee(after, FLAT, 6200, "2026-02-05T00:00:00Z", "2026-03-04T23:59:59Z"))
    case.credit_note(first, 2032, 0, reason="order_change", issuing_date="2026-01-15")
    case.first["up"] = ("2026-03-05", "62.00", "74.40")
    case.orders["up"] = {
        "price": "62", "anchor_on": "2026-01-05", "started_on": "2026-01-15",
        "period_start": "2026-02-05", "period_end": "2026-03-05",
    }  # fmt: skip
    return case


def _came_back() -> Case:
    """One that ended on 10 February (10 of 28 days), and a new one under its id."""
    case = Case("came-back", currency="EUR")
    plan = case.plan("plain-28", 2800)
    gone = case.subscribe(
        plan, "2026-01-01T00:00:00Z", "again", status="terminated",
        terminated_at="2026-02-10T12:00:00Z",
    )  # fmt: skip
    case.subscribe(plan, "2026-02-12T00:00:00Z", "again")
    case.bill("2026-02-01", fee(gone, FLAT, 2800, "2026-01-01T00:00:00Z", "2026-01-31T23:59:59Z"))
    case.bill("2026-02-10", fee(gone, FLAT, 1000, "2026-02-01T00:00:00Z", "2026-02-10T23:59:59Z"))
    case.first["again"] = ("2026-03-01", "17.00", "20.40")
    case.orders["again"] = {
        "started_on": "2026-02-12", "period_start": "2026-02-12", "period_end": "2026-03-01",
    }  # fmt: skip
    return case


def _two_on_a_day() -> Case:
    """Two subscriptions of one day on one invoice, which rounds their tax together."""
    case = Case("two", currency="EUR")
    plan = case.plan("eleven", 1111, pay_in_advance=True)
    fees = []
    for name in ("two-a", "two-b"):
        mine = case.subscribe(plan, "2026-02-01T06:00:00Z", name)
        fees.append(fee(mine, FLAT, 1111, "2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z"))
        case.first[name] = ("2026-03-01", "11.11", "13.33")
        case.orders[name] = {"price": "11.11", "period_end": "2026-03-01"}
    case.bill("2026-02-01", *fees, taxes_amount_cents=444)
    return case


def _own_prices() -> Case:
    """Prices for one subscription alone; Lago tells its fixed charges in a list below it."""
    case = Case("own-prices", currency="EUR")
    listed = case.plan("listed", 5000)
    mine = case.subscribe(listed, "2026-01-01T00:00:00Z")
    fixed: Json = {
        "lago_id": uid("fixed", "own"), "lago_add_on_id": uid("add-on"), "add_on_code": "support",
        "invoice_display_name": "Support", "created_at": "2025-01-01T00:00:00Z", "code": "support",
        "charge_model": "standard", "pay_in_advance": False, "prorated": False,
        "properties": {"amount": "4.5"}, "units": "2.5",
    }  # fmt: skip
    own = {**listed, "lago_id": uid("plan", "own"), "amount_cents": 4100, "fixed_charges": [fixed],
           "parent_id": listed["lago_id"]}  # fmt: skip
    case.own[mine["lago_id"]] = own
    january = "2026-01-01T00:00:00Z", "2026-01-31T23:59:59Z"
    added = fee(mine, "fixed_charge", 1125, *january, code="support", units="2.5")
    case.bill("2026-02-01", fee(mine, FLAT, 4100, *january), added)
    case.first["own-prices-s"] = ("2026-03-01", "52.25", "62.70")
    case.orders["own-prices-s"] = {
        "price": "41", "plan_code": "listed:own-prices-s",
        "lines": [("fixed:support", "11.25", None)],
    }  # fmt: skip
    return case


def _free() -> Case:
    """A plan of price 0 that bills what is used."""
    case = Case("free", currency="EUR")
    calls = case.charge("free_calls", "standard", {"amount": "0.004"},
                        counted={"aggregation_type": "count_agg"})  # fmt: skip
    mine = case.subscribe(case.plan("free", 0, charges=[calls]), "2026-01-01T00:00:00Z")
    january = "2026-01-01T00:00:00Z", "2026-01-31T23:59:59Z"
    case.bill("2026-02-01", fee(mine, FLAT, 0, *january), used(mine, calls, "1234", 494, *january))
    case.first["free-s"] = ("2026-03-01", "0.00", "0.00")
    case.orders["free-s"] = {"price": "0"}
    case.usage = [("free_calls", "1234", "4.94")]
    return case


def _ends_later() -> Case:
    """An end that was agreed, years ahead in the middle of a period."""
    case = Case("ends-later", currency="EUR")
    plan = case.plan("ahead-20", 2000, pay_in_advance=True)
    mine = case.subscribe(plan, "2026-02-01T00:00:00Z", ending_at="2036-03-10T15:00:00Z")
    case.bill("2026-02-01", fee(mine, FLAT, 2000, "2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z"))
    case.first["ends-later-s"] = ("2026-03-01", "20.00", "24.00")
    case.orders["ends-later-s"] = {"ends_on": "2036-03-11", "price": "20"}
    return case


def _not_live() -> Iterator[Case]:
    for status in ("pending", "incomplete", "canceled"):
        case = Case(f"is-{status}", currency="EUR")
        ahead = case.plan(f"for-{status}", 900, pay_in_advance=True)
        # One that waits for a payment may say when it was to begin.
        began = "2026-02-03T00:00:00Z" if status == "incomplete" else None
        case.subscribe(ahead, began, status=status, subscription_at="2026-02-03T00:00:00Z")
        case.outside = (status,)
        yield case


def _kept_out() -> Iterator[Case]:
    said = (
        ("end-passed", "subscription_ended", {"ending_at": "2026-02-16T20:00:00Z"}),
        ("downgrade", "plan_change_pending", {"next_plan_code": "for-downgrade-less"}),
        ("no-time", "period_unreadable", {"billing_time": None}),
        ("no-begin", "start_missing", {"started_at": None}),
        ("spoiled-begin", "subscription_unreadable", {"started_at": "yesterday"}),
        ("no-plan", "plan_unknown", {"plan_code": "was-never-there"}),
    )
    for key, rule, fields in said:
        case = Case(key, currency="EUR")
        case.subscribe(case.plan(f"for-{key}", 900), "2026-02-03T00:00:00Z", **fields)
        case.kept = rule
        # Of the one whose end has passed the last days are due, and not billed yet.
        case.terms_say = key != "end-passed"
        yield case
    case = Case("no-zone", zone="Mars/Olympus", currency="EUR")
    case.subscribe(case.plan("for-mars", 900), "2026-02-03T00:00:00Z")
    case.kept = "period_unreadable"
    yield case
