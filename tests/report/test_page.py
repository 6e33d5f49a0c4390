"""The page that finance opens: it needs nothing, hides nothing and runs nothing foreign."""

from __future__ import annotations

import re
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.backfill.report import changed_in_odoo, kept_out
from tasks.model.records import Outcome, SourceRow
from tasks.model.report import Report
from tasks.report.folder import write_report
from tasks.report.page import safe_link
from tasks.report.reasons import ROWS_SHOWN
from tests.backfill.backfill_sample import (
    clean_report,
    dry_run_report,
    large_report,
    report_of,
    sample_report,
    sample_results,
    stopped_report,
    unsafe_report,
)
from tests.report.html_page import Page


def render(report: Report) -> str:
    with TemporaryDirectory() as folder:
        return write_report(report, Path(folder)).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        (clean_report(), "The copy is safe: 700 draft orders, none can charge anyone"),
        (sample_report(), "The copy is safe, but not complete"),
        (dry_run_report(), "Dry run: nothing was written"),
        (stopped_report(), "Stopped: nothing was written"),
        (unsafe_report(), "Attention: the copy is not safe"),
    ],
    ids=["clean", "quarantine", "dry run", "stopped", "unsafe"],
)
def test_page_of_a_run_opens_with_its_verdict(report, headline):
    html = render(report)
    assert re.findall(r"<h1>(.*?)</h1>", html) == [headline]
    assert html.index(headline) < html.index("<h1>") + 200


def test_page_never_calls_a_copy_safe_when_reading_back_failed():
    assert "The copy is safe" not in Page(render(unsafe_report())).text


def test_page_counts_foot_and_carry_thousands_separators():
    text = Page(render(sample_report())).text
    assert "All rows 1,684 105 108 67 2 120 2,086" in text


def test_page_reasons_add_up_to_the_rows_kept_out():
    results = sample_results()
    out = [row for row in results.rows if row.outcome in (Outcome.QUARANTINED, Outcome.FAILED)]
    assert sum(reason.count for reason in kept_out(results.rows, results.findings)) == len(out)


def test_page_tells_root_causes_before_rows_that_wait_for_them():
    results = sample_results()
    reasons = kept_out(results.rows, results.findings)
    assert [each.is_root for each in reasons] == sorted(
        (each.is_root for each in reasons), reverse=True
    )
    text = Page(render(sample_report())).text
    assert text.index("Root causes") < text.index("Waiting for another row")


def test_page_row_that_broke_two_rules_is_counted_once_and_names_the_other():
    results = sample_results()
    reasons = kept_out(results.rows, results.findings)
    rows = [row for reason in reasons for row in reason.rows]
    assert len({row.source_id for row in rows}) == len(rows)
    assert [row.also for row in rows if row.also] == ["name missing"]


def test_page_shows_a_difference_between_the_totals():
    total = sample_results().totals[0]
    text = Page(render(sample_report(totals=(replace(total, odoo=total.source - 49),)))).text
    assert "The copy is safe, but its totals differ" in text
    assert "-49.00 CAD" in text


def test_page_tells_an_order_confirmed_by_hand_once_with_a_link_to_it():
    order = SourceRow(
        "deployments", "d1", Outcome.UNCHANGED, "web", "sale.order", 7, "order_left_draft"
    )
    same_order = replace(order, table="subscriptions", source_id="s1")
    report = sample_report(rows=(order, same_order), findings=())
    assert [each.count for each in changed_in_odoo((order, same_order))] == [1]
    assert "http://127.0.0.1:8069/odoo/sale.order/7" in Page(render(report)).values("href")


def test_page_of_a_long_reason_shows_the_first_rows_and_points_to_the_file():
    report = large_report(30 * (ROWS_SHOWN + 50) * 2)
    text = Page(render(report)).text
    assert f"The first {ROWS_SHOWN} of" in text
    assert "outcomes.csv" in text


def test_page_needs_no_other_host_and_no_other_file_to_be_read():
    page = Page(render(sample_report()))
    assert not {"link", "script", "img", "iframe"} & {
        tag for tag, name, value in page.attributes if name in ("src", "href") and value != "data:,"
    }
    assert "@import" not in page.text
    assert "url(" not in page.text


def test_page_anchors_are_unique_and_lead_somewhere():
    page = Page(render(sample_report()))
    anchors = page.values("id")
    assert len(anchors) == len(set(anchors))
    jumps = {link[1:] for link in page.values("href") if link.startswith("#")}
    assert jumps <= set(anchors)
    assert jumps


def test_page_tables_and_plots_can_be_heard():
    page = Page(render(sample_report()))
    assert page.tags.count("th") == len(page.values("scope"))
    assert "lang" in {name for _, name, _ in page.attributes}
    assert any(
        label.startswith("Customers (users): 434 created") for label in page.values("aria-label")
    )


@settings(max_examples=40, deadline=None)
@given(
    st.one_of(
        st.text(),
        st.sampled_from(
            [
                "<script>alert(1)</script>",
                '"><img src=x onerror=alert(1)>',
                "</style></title><svg onload=alert(1)>",
                "javascript:alert(1)",
                "{{ 7 * 7 }}{% raw %}",
            ]
        ),
    )
)
def test_page_of_hostile_text_has_the_elements_of_a_harmless_one(evil):
    harmless = Page(render(_full_of("word")))
    hostile = Page(render(_full_of(evil)))
    assert hostile.tags == harmless.tags or not evil.strip()
    names = {name for _, name, _ in hostile.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert all(
        safe_link(link) or link.startswith("#")
        for link in hostile.values("href")
        if link != "data:,"
    )


def test_page_link_that_would_run_a_script_is_left_away():
    for target in ("javascript:alert(1)", " JaVa\tScript:alert(1)", "data:text/html,x", "//x.y/"):
        assert safe_link(target) is None, target


def test_report_of_a_hundred_thousand_rows_is_written_in_seconds_and_little_memory(tmp_path):
    report = large_report(100_000)
    tracemalloc.start()
    try:
        started = time.process_time()
        page = write_report(report, tmp_path)
        seconds = time.process_time() - started
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seconds < 30
    assert peak < 60_000_000
    assert page.stat().st_size < 1_000_000


def _full_of(text: str) -> Report:
    """A report in which every piece of text that comes from outside is this one."""
    results = unsafe_report().results
    row = replace(
        results.rows[0], label=text, source_id="1" + text, code="c", reason=text, remedy=text
    )
    finding = replace(results.findings[0], key=None, sentence=text, observed=text, remedy=text)
    return report_of(
        results,
        source=text,
        target=text,
        company="x" + text,
        state_message="x" + text,
        rows=(replace(row, outcome=Outcome.QUARANTINED), *results.rows[-3:]),
        findings=(replace(finding, key=row.source_id), finding),
        readback_findings=(replace(finding, key=text),),
        links={"prefect": "https://prefect.example/" + text},
        parameters={"only": text},
    )
