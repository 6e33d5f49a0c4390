"""NexaCloud's invoices as ledger lines: named, dated, and adding up to what was billed."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.reconcile.ledger_nexacloud import (
    Invoice,
    InvoiceItem,
    item_name,
    kept_out_line,
    nexacloud_lines,
    plan_key,
)
from tasks.reconcile.tax_rates import tax_percent
from tests.reconcile.ledgers import TORONTO, moment

PLAN = "Dedicated 4 × vCPU, mensuel (2026-09-05 → 2026-10-05)"
OVERAGE = "CPU overage 2026-08-05 → 2026-09-05: 517.3000 core-hours used, 100.0000 included"


def item(description, amount, unit_price="0.0075", quantity="1"):
    return InvoiceItem(description, Decimal(quantity), Decimal(unit_price), Decimal(amount))


def invoice(*items, subtotal=None, **changes):
    total = sum((each.amount for each in items), Decimal(0)) if subtotal is None else subtotal
    values = {
        "invoice_id": "INV-1",
        "customer": "anna",
        "subscription": "sub-1",
        "origin_id": "in_1",
        "status": "paid",
        "currency": "CAD",
        "subtotal": Decimal(total),
        "tax": Decimal(total) * Decimal("0.13"),
        "start": moment("2026-09-05"),
        "end": moment("2026-10-05"),
        "paid_at": None,
        "items": items,
    }
    values |= changes
    return Invoice(**({"total": values["subtotal"] + values["tax"]} | values))


def lines_of(*items, **changes):
    return list(nexacloud_lines("nexacloud", invoice(*items, **changes), TORONTO))


@pytest.mark.parametrize(
    ("description", "amount", "name"),
    [
        (PLAN, "79", "flat"),
        (OVERAGE, "3.1298", "usage:cpu_seconds"),
        ("CPU overage, core-hours × rate", "3.13", "usage:cpu_seconds"),
        ("Daily backups", "5", "addon:Daily backups"),
        (
            "Unused time on Basic after 2026-09-11",
            "-4",
            "proration:Unused time on Basic after 2026-09-11",
        ),
        ("Goodwill", "-4", "credit:Goodwill"),
        ("", "4", "other:no description"),
        (None, "4", "other:no description"),
        ("=HYPERLINK(1)", "4", "addon:=HYPERLINK(1)"),
        (OVERAGE, "-3.1298", f"credit:{OVERAGE}"),
        (PLAN, "-79", f"credit:{PLAN}"),
        ("Credit card surcharge", "4", "addon:Credit card surcharge"),
        ("Setup fee", "99", "one-off:Setup fee"),
        ("Dépassement CPU, heures-cœur × tarif", "3.13", "usage:cpu_seconds"),
        ("Late payment fee", "15", "one-off:Late payment fee"),
        ("Frais d’activation", "20", "one-off:Frais d’activation"),
        (None, "-4", "credit:no description"),
        ("Pro (2026-09-05 to 2026-10-05)", "79", "flat"),
        ("Extra core-hours in August", "3", "usage:cpu_seconds"),
    ],
)
def test_an_item_is_named_by_its_description(description, amount, name):
    assert lines_of(item(description, amount))[0].item == name


def test_services_of_no_subscription_are_one_offs():
    (found,) = lines_of(item("Migration, hourly", "90"), subscription=None)

    assert (found.item, found.subscription) == ("one-off:Migration, hourly", "")


def test_a_plan_on_an_invoice_of_no_subscription_is_not_billed_once():
    """One decision about all that is billed once must not settle what recurs."""
    plans = {plan_key("Pro")}
    bill = invoice(item("Pro (2026-09-05 → 2026-10-05)", "39"), subscription=None)
    (found,) = nexacloud_lines("nexacloud", bill, TORONTO, {}, plans)

    assert found.item == "other:plan of no subscription, Pro (2026-09-05 → 2026-10-05)"


def test_usage_tells_its_units_and_terms_in_french_too():
    text = OVERAGE.replace("core-hours used", "heures-cœur utilisées").replace(
        "included", "incluses"
    )
    (ours, theirs) = (lines_of(item(each, "3.1298"))[0] for each in (OVERAGE, text))

    assert ours == theirs


def test_items_that_have_the_tax_in_them_say_so():
    (_, found) = lines_of(item(PLAN, "39"), subtotal=Decimal("34.51"), tax=Decimal("4.49"))

    assert (found.item, found.amount) == ("other:tax within the subtotal", "-4.49")


def test_usage_tells_its_own_time_units_and_terms():
    (found,) = lines_of(item(OVERAGE, "3.1298"))

    assert (found.period_start, found.period_end) == (moment("2026-08-05"), moment("2026-09-05"))
    assert found.units == "1862280"
    assert json.loads(found.terms) == {"price_per_unit": "0.0075", "included_quota": "360000"}


def test_usage_that_tells_no_time_is_of_the_month_before():
    (found,) = lines_of(item("CPU overage", "3"), start=moment("2026-03-31"))

    assert (found.period_start, found.period_end) == (moment("2026-02-28"), moment("2026-03-31"))
    assert (found.units, found.terms) == (None, "")


def test_dates_that_are_none_are_not_believed():
    text = "CPU overage 2026-02-31 → 2026-09-05: 1 core-hours used"
    (found,) = lines_of(item(text, "3"))

    assert found.period_end == moment("2026-09-05")


@pytest.mark.parametrize(
    ("items", "subtotal", "rest"),
    [
        ((), "39", ("other:no items", "39")),
        ((item(PLAN, "39"),), "44", ("other:not itemized", "5")),
        ((item(PLAN, "39"),), "30", ("other:not itemized", "-9")),
    ],
)
def test_what_no_item_accounts_for_is_a_line_of_its_own(items, subtotal, rest):
    last = lines_of(*items, subtotal=Decimal(subtotal))[-1]

    assert (last.item, last.amount) == rest


def test_half_a_cent_beside_the_items_is_no_tax_where_none_was_charged():
    untaxed = {"subtotal": Decimal("38.995"), "tax": Decimal(0)}
    last = lines_of(item(PLAN, "39"), **untaxed)[-1]

    assert (last.item, last.amount) == ("other:not itemized", "-0.005")


@settings(max_examples=50)
@given(
    st.lists(st.decimals("-50", "500", places=4), max_size=5),
    st.decimals("0", "900", places=4),
)
def test_lines_always_add_up_to_the_subtotal(amounts, subtotal):
    items = [item("Daily backups", amount) for amount in amounts]
    found = lines_of(*items, subtotal=subtotal)

    assert abs(sum(Decimal(each.amount) for each in found) - subtotal) < Decimal("0.005")


@pytest.mark.parametrize(
    ("subtotal", "tax", "percent"),
    [
        ("49.1234", "7.3562", "14.975"),
        ("39", "5.07", "13"),
        ("39", "0", "0"),
        ("0", "0", None),
        # Kept in cents, the usual rate whose rounding it is.
        ("61.17", "7.95", "13"),
        ("62.35", "9.34", "14.975"),
        # One of Québec's two taxes was rounded up: 15 % would do as well, so neither is told.
        ("59.10", "8.86", "14.99154"),
        # An add-on that was not taxed: the rest is not 13 % of all of it.
        ("58.00", "6.37", "11"),
    ],
)
def test_the_tax_rate_is_the_shortest_that_fits(subtotal, tax, percent):
    expected = None if percent is None else Decimal(percent)

    assert tax_percent(Decimal(subtotal), Decimal(tax)) == expected


@pytest.mark.parametrize("text", ["Loyalty discount", "Rabais fidélité", "Coupon WELCOME"])
def test_a_discount_of_a_line_of_its_own_is_no_mere_credit(text):
    off = InvoiceItem(text, None, None, Decimal(-4))
    assert item_name(off, of_subscription=True) == f"discount:{text}"
    back = InvoiceItem("Refund of an outage", None, None, Decimal(-4))
    assert item_name(back, of_subscription=True) == "credit:Refund of an outage"


@pytest.mark.parametrize(
    ("subtotal", "tax", "lines", "percent"),
    [
        # 40.00, 1.13, 2.27 and 0.58: 13 % of each, rounded up three times.
        ("43.98", "5.73", 4, "13"),
        ("43.98", "5.73", 2, "13.028649"),
        # What a single rounding explains is told before what several do.
        ("3.00", "0.40", 4, "13"),
    ],
)
def test_tax_that_was_rounded_item_by_item_is_no_other_rate(subtotal, tax, lines, percent):
    told = tax_percent(Decimal(subtotal), Decimal(tax), lines=lines)
    assert told == Decimal(percent)


@pytest.mark.parametrize(
    ("status", "paid", "counts"),
    [
        ("paid", True, True),
        ("open", False, True),
        ("void", False, False),
        (" Voided", False, False),
        ("Draft ", False, False),
        ("void", True, True),
        ("draft", True, True),
    ],
)
def test_a_void_invoice_or_a_draft_counts_only_if_somebody_paid_it(status, paid, counts):
    paid_at = moment("2026-09-06") if paid else None

    assert invoice(item(PLAN, "39"), status=status, paid_at=paid_at).counts is counts


@pytest.mark.parametrize("text", ["1 × Pro plan (at $39.00 / month)", "PRO", "Pro, monthly"])
def test_a_plan_is_known_by_its_name_however_the_invoice_words_it(text):
    plans = {plan_key("Pro")}
    found = list(nexacloud_lines("nexacloud", invoice(item(text, "39")), TORONTO, {}, plans))

    assert [line.item for line in found] == ["flat"]


@pytest.mark.parametrize(
    ("tax", "total", "item_of_rest", "amount"),
    [
        ("4.056", "35.256", "discount:taken off the total", "-7.8"),
        ("5.07", "36.27", "discount:taken off the total", "-7.8"),
        ("0", "0", "discount:taken off the total", "-39"),
        ("5.07", "48.07", "other:added to the total", "4"),
        ("4.49", "39", "other:tax within the subtotal", "-4.49"),
    ],
)
def test_what_the_total_takes_off_or_adds_is_billed_too(tax, total, item_of_rest, amount):
    found = lines_of(item(PLAN, "39"), tax=Decimal(tax), total=Decimal(total))

    assert [line.item for line in found] == ["flat", item_of_rest]
    assert Decimal(found[1].amount) == Decimal(amount)


@pytest.mark.parametrize("tax", ["4.056", "5.07"])
def test_a_coupon_on_the_total_leaves_the_rate_of_tax_as_it_is(tax):
    """Whether the tax was worked out before or after the coupon: nobody's tax differs."""
    total = Decimal("31.20") + Decimal(tax)
    found = lines_of(item(PLAN, "39"), tax=Decimal(tax), total=total)

    assert {line.tax_rate for line in found} == {"13"}


def test_a_rounding_of_the_total_is_no_line():
    assert len(lines_of(item(PLAN, "39"), total=Decimal("44.0799"))) == 1


@pytest.mark.parametrize("status", ["refunded", "Charged_Back"])
def test_an_invoice_whose_money_went_back_comes_to_nothing(status):
    found = lines_of(item(PLAN, "39"), status=status)

    assert [line.item.partition(":")[0] for line in found] == ["flat", "credit"]
    assert sum(Decimal(line.amount) for line in found) == 0


def test_an_addon_that_is_called_like_a_plan_takes_nobody_elses_plan():
    """One row of one customer must not turn every invoice of the plan into an add-on's."""
    addons, plans = {"pro": "Pro", "backup": "Backup"}, {plan_key("Pro")}
    texts = ("Pro (2026-09-05 → 2026-10-05)", "1 × Pro (at $39.00 / month)", "Backup")
    bill = invoice(*(item(text, "39") for text in texts))
    found = nexacloud_lines("nexacloud", bill, TORONTO, addons, plans)

    assert [line.item for line in found] == ["flat", "flat", "addon:Backup"]


KEPT_OUT = {
    "invoice_id": "INV-1", "user_id": "anna", "subscription_id": "sub-1", "status": "paid",
    "currency": "cad", "subtotal": "39", "total": "44.07", "period_start": None,
    "period_end": None, "created_at": moment("2026-09-05"), "paid_at": None, "origin": "stripe",
}  # fmt: skip


def test_an_invoice_that_a_rule_keeps_out_leaves_a_line():
    """Else its customer agrees in all that is compared, and is ready."""
    line = kept_out_line("nexacloud", KEPT_OUT)

    assert line is not None
    assert (line.customer, line.item, line.amount) == ("anna", "other:invoice kept out", "39")
    assert (line.period_start, line.currency) == (moment("2026-09-05"), "CAD")


@pytest.mark.parametrize(
    "changed",
    [
        {"user_id": None},
        {"currency": ""},
        {"subtotal": None, "total": None},
        {"subtotal": "NaN", "total": "0"},
        {"created_at": None},
        {"status": "void"},
    ],
)
def test_what_was_not_billed_or_is_nobodys_leaves_none(changed):
    assert kept_out_line("nexacloud", KEPT_OUT | changed) is None


def test_an_invoice_without_items_that_gives_back_is_a_credit():
    (found,) = lines_of(subtotal=Decimal("-12"))

    assert (found.item, found.amount) == ("credit:no items", "-12")
