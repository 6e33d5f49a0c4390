"""What a run says in Prefect and in the terminal."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tasks.model.records import Outcome
from tasks.report.markdown import inert, markdown_text
from tasks.report.publish import quarantine_rows
from tasks.report.terminal import terminal_text
from tests.backfill.backfill_sample import (
    clean_report,
    dry_run_report,
    large_report,
    sample_report,
    sample_results,
    stopped_report,
    unsafe_report,
)

REPORTS = (clean_report, sample_report, dry_run_report, stopped_report, unsafe_report)


@pytest.mark.parametrize("make", REPORTS)
def test_console_ends_with_what_to_do_next(make):
    assert terminal_text(make()).splitlines()[-1].startswith("Next: ")


def test_console_of_another_service_names_it_in_the_next_command():
    report = clean_report(parameters={"source": "lago", "service": "nexadesk"})
    command = "python -m flows backfill --source lago --service nexadesk"
    assert terminal_text(report).rstrip().endswith(command)


def test_console_says_where_the_report_is():
    page = Path("reports/backfill/latest/index.html")
    assert f"Report: {page}" in terminal_text(sample_report(), page).splitlines()


def test_console_table_is_aligned_and_foots():
    lines = terminal_text(sample_report()).splitlines()
    head = next(place for place, line in enumerate(lines) if line.lstrip().startswith("Read"))
    assert len({len(line) for line in lines[head : head + 5]}) == 1
    for line in lines[head + 1 : head + 5]:
        read, *outcomes = [int(word.replace(",", "")) for word in line.split() if word[0].isdigit()]
        assert read == sum(outcomes)


def test_console_of_a_failed_row_names_the_refusal():
    assert "Unknown country" in terminal_text(_only_failures())


@given(st.text())
def test_console_prints_no_control_character_from_the_data(evil):
    told = terminal_text(sample_report(state_message=evil, links={"odoo": "http://" + evil}))
    assert all(sign.isprintable() for line in told.split("\n") for sign in line)


def test_artifact_text_names_verdict_counts_and_reasons():
    told = markdown_text(sample_report())
    assert told.startswith("## The copy is safe, but not complete\n")
    assert "| Customers (users) | 500 | 434 | 27 | 27 | 10 | 2 | 0 |" in told
    assert "**11 rows** of Deployments: Subscription missing." in told


def test_artifact_text_leaves_links_away_that_lead_nowhere_from_prefect():
    told = markdown_text(sample_report())
    assert "<http://127.0.0.1:8069/odoo>" in told
    assert "data_docs" not in told


def test_artifact_text_of_hostile_data_stays_text():
    report = _only_failures(code="new_code", reason="<img src=x> [a](javascript:b) | `c`")
    told = markdown_text(report)
    assert "\\<img src=x\\> \\[a\\](javascript:b) \\| \\`c\\`" in told


def test_artifact_table_holds_text_only_and_at_most_a_thousand_rows():
    table = quarantine_rows(large_report(60_000))
    assert len(table) == 1000
    assert all(isinstance(cell, str) for line in table for cell in line.values())


HOSTILE = [
    "[Pay here](https://evil.example/pay)",
    "![](https://evil.example/pixel.png)",
    "<img src=https://evil.example/pixel.png>",
    "<https://evil.example>",
    "see https://evil.example/pay",
    "www.evil.example",
    "[a]: javascript:alert(1)",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_artifact_table_of_hostile_data_holds_no_link_and_no_picture(text):
    """Prefect shows a cell as Markdown: whoever opens the run would load or follow it."""
    cells = [
        cell
        for line in quarantine_rows(_only_quarantined(text))
        for cell in line.values()
        if "evil" in cell or "alert" in cell
    ]
    assert cells
    for cell in cells:
        shown = MarkdownIt().render(cell)
        assert not re.search(r"<(a|img)\b", shown)
        # What makes links of bare addresses looks for these.
        assert not re.search(r"https?://|\bwww\.", cell)


@pytest.mark.parametrize("text", ["price_monthly", "a * b", "#1", "A & B", "50 %", "`x`"])
def test_artifact_table_shows_what_does_no_harm_as_it_is(text):
    assert inert(text) == text


def _only_quarantined(text):
    results = sample_results()
    finding = next(each for each in results.findings if each.key is not None)
    hostile = replace(finding, key=text, observed=text, sentence=text, remedy=text)
    return sample_report(findings=(hostile,))


def test_artifact_table_of_a_clean_run_is_empty():
    assert quarantine_rows(clean_report()) == []


def _only_failures(code="unknown_country", reason="Odoo knows no country XK."):
    row = replace(sample_results().rows[0], outcome=Outcome.FAILED, code=code, reason=reason)
    return sample_report(rows=(row,), findings=())
