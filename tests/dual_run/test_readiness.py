"""The first sentence of a dual run: who is ready, and what the others wait for."""

from __future__ import annotations

import csv
from decimal import Decimal

from tasks.dual_run.readiness import Standing, attachment, figures, sentence, tables


def standing(customer="ada", state="ready", group="", revenue="100", **changes):
    values = {
        "service": "nexacloud",
        "reasons": (f"Waits for {group}.",) if group else (),
        "notes": (),
        "currency": "CAD",
    }
    revenue = Decimal(revenue)
    return Standing(
        customer=customer, state=state, group=group, revenue=revenue, **{**values, **changes}
    )


WORLD = [
    standing("ada", revenue="913"),
    standing("bob", "waiting", "a card", "50"),
    standing("cy", "waiting", "a card", "30"),
    standing("dan", "waiting", "a decision: Credit", "7"),
    standing("eve", "live", revenue="5000"),
]


def test_it_counts_who_is_ready_with_their_revenue_and_what_waits_where():
    assert sentence(WORLD) == (
        "1 of 4 are ready, 91.3 % of revenue; 2 wait for a card (80.00 CAD),"
        " 1 waits for a decision: Credit (7.00 CAD)."
    )


def test_revenue_is_never_added_over_currencies():
    world = [*WORLD, standing("fay", revenue="10", currency="USD")]
    assert "91.3 % of revenue in CAD, 100.0 % of revenue in USD;" in sentence(world)


def test_when_everybody_is_ready_nobody_waits():
    assert sentence([standing()]) == "1 of 1 are ready, 100.0 % of revenue."
    assert sentence([standing(revenue="0")]) == "1 of 1 are ready."
    assert sentence([standing(state="live")]) == "Nobody is left to switch."
    assert sentence([]) == "Odoo knows no customer yet."


def test_the_file_has_every_customer_with_yes_or_no(tmp_path):
    attachment(WORLD).write(tmp_path / "readiness.csv")
    with (tmp_path / "readiness.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[:4] == ["customer", "ready", "reasons", "revenue"]
    told = {row["customer"]: (row["ready"], row["revenue"], row["reasons"]) for row in rows}
    assert told["ada"] == ("yes", "913.00", "")
    assert told["bob"] == ("no", "50.00", "Waits for a card.")


def test_decisions_that_were_used_are_shown():
    used = standing(notes=("Decision 7 settles 1 line of 2026-10, 5.00 CAD.", "Else."))
    (_groups, _waiting, decisions) = tables([used])
    assert decisions.rows == (("nexacloud", "ada", used.notes[0]),)


def test_programs_read_the_same_counts():
    told = figures(WORLD)
    assert (told["ready"], told["waiting"], told["live"]) == (1, 3, 1)
