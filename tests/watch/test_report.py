"""The watch's report: a controller reads one sentence and knows whether to trust it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tasks.model.report import Head
from tasks.watch.records import Trouble, Watched
from tasks.watch.report import build_report
from tasks.watch.standing import Coverage, coverage

pytestmark = pytest.mark.pure

DAY = datetime(2026, 3, 1, 5, tzinfo=UTC)
HEAD = Head(
    "watch", "r", "nexacloud", "The terms", "Odoo", dry_run=False, started_at=DAY, finished_at=DAY
)


def told(lines=(), covered=None, not_derived=0):
    covered = covered or Coverage(3, 2, {})
    return build_report(HEAD, lines, covered, not_derived=not_derived, max_amount=Decimal(0))


def wrong(trouble, stake, currency="CAD"):
    return Watched(
        "c", "s", "flat", DAY, DAY, currency, None, None, trouble, Decimal(stake), "why", "INV/1"
    )


def test_the_first_sentence_is_the_largest_sum():
    lines = [wrong(Trouble.NOT_DUE, 5), *[wrong(Trouble.NOT_BILLED, 4)] * 2]
    report = told(lines)
    assert report.headline.tone == "bad"
    assert "8.00 CAD due and not billed (2 lines)" in report.headline.title
    assert report.end.exit_code == 4


def test_who_is_neither_watched_nor_compared_is_no_clean_result():
    report = told(covered=Coverage(3, 2, {"c": "Odoo does not have them."}))
    assert (report.end.exit_code, report.headline.tone) == (4, "bad")
    assert report.headline.title == "Nobody watches or compares 1 customer"


@pytest.mark.parametrize(
    ("covered", "said"),
    [(Coverage(3, 2, {}), "All that is due is posted"), (Coverage(0, 5, {}), "Nobody is live yet")],
)
def test_nothing_wrong_is_said_only_of_what_was_watched(covered, said):
    report = told(covered=covered)
    assert (report.end.exit_code, report.headline.title) == (0, said)


def test_what_a_person_decided_about_is_no_alarm_and_is_still_shown():
    lines = [replace(wrong(Trouble.OTHER_AMOUNT, 5), decided="Ann, until 2027-01-31: agreed")]
    report = told(lines)
    assert (report.end.exit_code, report.headline.tone) == (0, "good")
    assert report.headline.title == "All that is due is posted, or decided about"
    assert "1 decided" in report.headline.detail
    (table,) = [each for each in report.sections if getattr(each, "title", "").startswith("Decid")]
    assert table.rows[0][-1] == "Ann, until 2027-01-31: agreed"


def test_what_no_term_can_price_is_told_beside_the_first_sentence():
    assert "7 more are posted that no term can price" in told(not_derived=7).headline.detail


def test_every_customer_is_in_one_of_three_places():
    def row(customer, state="waiting", *codes):
        return {"customer": customer, "state": state, "codes": list(codes)}

    standings = [
        row("live", "live"), row("lost", "live"), row("shadow"), row("young", "waiting", "cycles"),
        # Who left before the switch has nothing to bill on any side; who came back has.
        row("gone", "live", "idle"), row("back", "live", "idle"),
    ]  # fmt: skip
    found = coverage(standings, ["live"], ["live", "back", "stranger"])
    assert (found.watched, found.compared) == (2, 1)
    assert list(found.neither) == ["back", "lost", "stranger", "young"]
