"""The report of a simple flow: every way of telling says the same, and hostile text stays text."""

from __future__ import annotations

import csv
from dataclasses import replace

from tasks.report.folder import write_report
from tasks.report.markdown import markdown_text
from tasks.report.summary import summary
from tasks.report.terminal import terminal_text
from tests.report.html_page import Page
from tests.report.plain_sample import plain_report


def test_page_console_and_artifact_open_with_the_verdict_and_show_the_figures(tmp_path):
    report = plain_report()
    page = write_report(report, tmp_path).read_text(encoding="utf-8")
    assert "<h1>One webhook was refused</h1>" in page
    assert Page(page).unmatched == []
    for told in (page, terminal_text(report), markdown_text(report)):
        assert "1,212" in told
        assert "3.50" in told
    assert terminal_text(report).splitlines()[-1] == "Next: Try again."


def test_table_with_a_file_is_written_whole_for_programs(tmp_path):
    write_report(plain_report(), tmp_path)
    with (tmp_path / "outcomes.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    assert lines[0] == ["Webhook", "Endpoint", "Why"]
    assert lines[1][0] == "https://odoo.example/7"


def test_summary_holds_the_figures_beside_what_every_run_tells():
    told = summary(plain_report())
    assert (told["delivered"], told["flow"], told["exit_code"]) == (1212, "webhooks", 0)


def test_hostile_text_stays_text_and_a_link_that_runs_a_script_is_no_link(tmp_path):
    evil = "<img src=x onerror=alert(1)>"
    report = plain_report()
    link = replace(report.sections[1].rows[0][0], words=evil, target="javascript:alert(1)")
    table = replace(report.sections[1], rows=((link, evil, "=1+1"),), title=evil)
    page = write_report(replace(report, sections=(table,)), tmp_path).read_text(encoding="utf-8")
    assert "<img" not in page
    assert "javascript:" not in page
    assert "'=1+1" in (tmp_path / "outcomes.csv").read_text(encoding="utf-8")
