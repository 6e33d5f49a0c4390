"""Which billing periods a run reads: no month is left out between two runs, none is misread."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tasks.model.errors import ConfigError
from tasks.model.window import LATENESS, usage_window

TORONTO = ZoneInfo("America/Toronto")
LAST_RUN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def window(period=None, *, full=False, metered_until=LAST_RUN):
    return usage_window(period, full=full, metered_until=metered_until, zone=TORONTO)


def test_month_begins_at_its_first_midnight_in_the_companys_zone():
    found = window("2026-10")
    assert found.since == datetime(2026, 10, 1, 4, tzinfo=UTC)
    assert found.until == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_months_reach_from_the_first_to_the_end_of_the_last():
    found = window("2025-12..2026-02")
    assert found.since == datetime(2025, 12, 1, 5, tzinfo=UTC)
    assert found.until == datetime(2026, 3, 1, 5, tzinfo=UTC)


def test_chosen_months_do_not_move_the_point_from_which_the_next_run_goes_on():
    assert not window("2026-10").is_complete
    assert window().is_complete
    assert window(full=True).is_complete


def test_without_a_month_a_run_goes_on_where_the_last_one_read():
    found = window()
    assert found.changed_after == LAST_RUN - LATENESS
    assert found.new_after == LAST_RUN


@pytest.mark.parametrize("options", [{"full": True}, {"metered_until": None}])
def test_first_or_full_run_reads_everything(options):
    found = window(**options)
    assert (found.since, found.until, found.changed_after) == (None, None, None)


@pytest.mark.parametrize(
    "period",
    ["2026", "2026-13", "2026-1", "10-2026", "2026-10..", "2026-10..2026-09", "", "9999-12"],
)
def test_period_that_is_no_month_is_refused_with_examples(period):
    with pytest.raises(ConfigError, match=r"2026-05\.\.2026-10"):
        window(period)


def test_period_of_a_full_run_is_refused():
    with pytest.raises(ConfigError, match="leave the period out"):
        window("2026-10", full=True)


@pytest.mark.parametrize("month", range(1, 13))
def test_a_single_month_ends_where_the_next_begins_however_long_it_is(month):
    def midnight(year, month):
        return datetime(year, month, 1, tzinfo=TORONTO).astimezone(UTC)

    found = window(f"2026-{month:02d}..2026-{month:02d}")
    assert (found.since, found.until) == (
        midnight(2026, month),
        midnight(2026 + month // 12, month % 12 + 1),
    )


def test_a_window_says_in_words_what_it_reads():
    assert window("2026-10").words == "billing periods that start in 2026-10"
    assert window(full=True).words == window(metered_until=None).words == "all billing periods"
    changed = "billing periods that can have changed since 2026-11-20 12:00 UTC"
    assert window().words == changed


def test_chosen_or_all_periods_do_not_ask_what_changed():
    for found in (window("2026-10"), window(full=True), window(metered_until=None)):
        assert (found.changed_after, found.new_after) == (None, None)


def test_a_record_may_come_a_week_late():
    assert LATENESS.days == 7
