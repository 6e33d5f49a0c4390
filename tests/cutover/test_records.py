"""From when on Odoo bills: the day after what the old side has billed, and not one other."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tasks.cutover.billed import LeftToBill, PlannedSubscription, switch_of
from tasks.cutover.records import decision_of
from tasks.model.rows import cut

TORONTO = ZoneInfo("America/Toronto")
NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)


def switch(left, cycle="monthly"):
    planned = PlannedSubscription("c1", "s1", cycle)
    return switch_of(planned, left, NOW, TORONTO)


def test_monthly_price_and_usage_change_hands_at_the_end_of_the_period_billed():
    until = datetime(2026, 12, 5, 5, tzinfo=UTC)
    found = switch(LeftToBill(datetime(2026, 3, 5, 17, tzinfo=UTC), until))
    assert found.flat_from == found.usage_from == until.isoformat()


def test_yearly_usage_changes_hands_at_the_end_of_the_month_under_way():
    until = datetime(2027, 3, 5, 5, tzinfo=UTC)
    found = switch(LeftToBill(datetime(2026, 3, 5, 17, tzinfo=UTC), until), "yearly")
    assert found.flat_from == until.isoformat()
    assert found.usage_from == "2026-12-05T05:00:00+00:00"


def test_yearly_usage_never_changes_hands_after_the_price():
    until = datetime(2026, 11, 30, 5, tzinfo=UTC)
    found = switch(LeftToBill(datetime(2025, 12, 5, 17, tzinfo=UTC), until), "yearly")
    assert found.usage_from == until.isoformat()


def test_without_an_end_of_its_period_a_subscription_has_no_days():
    found = switch(LeftToBill(datetime(2026, 3, 5, tzinfo=UTC), None))
    assert (found.flat_from, found.usage_from) == ("", "")


def test_what_ended_at_the_service_has_no_days():
    found = switch(LeftToBill())
    assert (found.flat_from, found.usage_from) == ("", "")


def test_yearly_usage_of_what_has_not_begun_is_billed_from_its_first_day():
    until = datetime(2063, 1, 1, 5, tzinfo=UTC)
    found = switch(LeftToBill(datetime(2062, 1, 1, 17, tzinfo=UTC), until), "yearly")
    assert found.usage_from == "2062-01-01T05:00:00+00:00"


def test_bundles_name_everybody_once():
    everybody = [str(n) for n in range(7)]
    assert [each for bundle in cut(everybody, 3) for each in bundle] == everybody


def test_only_a_yes_that_still_holds_lets_the_cutover_go_on():
    said = {"decision": "yes", "who": "Ada Roy", "note": "go", "holds": True}
    assert decision_of(said).is_yes
    for other in (said | {"holds": False}, said | {"decision": "no"}, None):
        assert not decision_of(other).is_yes
    refused = decision_of(said | {"decision": "no", "holds": False})
    assert (refused.who, refused.note, refused.is_on_record) == ("Ada Roy", "go", True)
