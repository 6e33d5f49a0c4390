"""A reconciliation's report: it foots, it names every cause in words, and bad news comes first."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.model.errors import FatalError
from tasks.model.ledger import Cause
from tasks.model.report import Report
from tasks.reconcile.history import read_history
from tasks.reconcile.long_periods import LongPeriods
from tasks.reconcile.report import build_report
from tasks.reconcile.reporting.facts import MOST_CAUSES, waterfall
from tasks.reconcile.reporting.figures import add_figures_up, file_stem, order_fixes
from tasks.reconcile.words import cause_words
from tasks.report.files import inert
from tasks.report.folder import write_report
from tasks.report.markdown import markdown_text
from tasks.report.page import write_page
from tasks.report.publish import quarantine_rows
from tasks.report.summary import summary
from tasks.report.terminal import terminal_text
from tests.reconcile.reconcile_sample import (
    frame,
    lines,
    past,
    reconcile_report,
    reconcile_results,
    row,
)
from tests.report.html_page import Page
from tests.report.plain_sample import read_csv

SAME = frame([row(number) for number in range(20)])
EXPLAINED = frame([row(1), row(2, "3.13", "2.34", cause="rate_rounded_to_cents")])


def html_of(report: Report, folder: Path) -> str:
    write_page(report, folder / "index.html")
    return (folder / "index.html").read_text(encoding="utf-8")


def clean(**changes: object) -> Report:
    sources = reconcile_results(changes.get("lines")).sources
    sources = tuple(replace(each, kept_out=0) for each in sources)
    return reconcile_report(sources=sources, **changes)


@pytest.mark.parametrize(
    ("report", "headline"),
    [
        (clean(lines=SAME), "Odoo would bill exactly what was billed"),
        (clean(lines=EXPLAINED), "Every difference is explained"),
        (reconcile_report(), "57.40 CAD in 2 lines are not explained"),
        (reconcile_report(lines=frame([])), "There is nothing to compare"),
        (
            reconcile_report(lines=frame([]), exit_code=3, state_message="Too many."),
            "Stopped: nothing was compared",
        ),
        (reconcile_report(exit_code=1), "The comparison is not complete"),
    ],
    ids=["same", "explained", "unexplained", "empty", "stopped", "broken off"],
)
def test_every_way_of_telling_opens_with_the_same_verdict(report, headline, tmp_path):
    page = Page(html_of(report, tmp_path))
    for told in (page.text, terminal_text(report), markdown_text(report)):
        assert headline in told
    assert terminal_text(report).splitlines()[-1].startswith("Next: ")


def test_unexplained_above_the_threshold_is_alarming_below_it_only_a_warning(tmp_path):
    assert '<div class="verdict bad">' in html_of(reconcile_report(exit_code=4), tmp_path)
    assert '<div class="verdict warn">' in html_of(reconcile_report(), tmp_path)


def test_lines_that_could_not_be_compared_are_never_passed_over():
    for frame_of_lines in (SAME, EXPLAINED):
        assert "2 lines could not be compared" in terminal_text(
            reconcile_report(lines=frame_of_lines)
        )


def test_summary_foots_in_lines_and_in_money():
    told = summary(reconcile_report())
    counts = dict(told["rows"]["lines"])
    assert counts.pop("read") == sum(counts.values()) == 224
    for code, currency in told["currencies"].items():
        for column in ("external", "odoo", "difference"):
            for parts in (told["totals"], told["months"]):
                amounts = [Decimal(each[column]) for each in parts if each["currency"] == code]
                assert sum(amounts) == Decimal(currency[column])
        causes = [Decimal(cause["difference"]) for cause in currency["causes"].values()]
        assert sum(causes) + Decimal(currency["within_tolerance"]) == Decimal(
            currency["difference"]
        )


def test_report_whose_lines_are_not_those_that_were_read_is_refused(tmp_path):
    results = reconcile_results()
    lago, nexacloud, odoo = results.sources
    told = {each.key[0]: each.external for each in add_figures_up(results).currencies}
    sources = (replace(lago, totals=told), replace(nexacloud, lines=0), odoo)
    write_report(reconcile_report(sources=sources), tmp_path / "foots")
    short = {code: total - Decimal("0.01") for code, total in told.items()}
    sources = (replace(lago, totals=short), *sources[1:])
    with pytest.raises(FatalError, match="does not foot"):
        reconcile_report(sources=sources)


def test_waterfall_leads_from_one_total_to_the_other_step_by_step():
    found = add_figures_up(reconcile_results())
    for whole in found.currencies:
        fall = waterfall(whole, found.waterfalls[whole.key[0]])
        first, *steps, last = fall.steps
        assert first.amount + sum(step.amount for step in steps) == last.amount
        assert len(steps) <= MOST_CAUSES + 1
        assert all(0 <= step.start <= step.start + step.width <= 1000 for step in fall.steps)


def test_waterfall_shows_what_the_tolerance_lets_pass():
    near = row(1, "49.004", "49", outcome="match", cause="")
    found = add_figures_up(reconcile_results(frame([near])))
    steps = waterfall(found.currencies[0], ()).steps
    assert [step.title for step in steps] == ["Billed", "Within the tolerance", "Odoo would bill"]


def test_fixes_take_the_most_first_and_a_line_of_two_causes_goes_with_the_second():
    ordered = order_fixes(add_figures_up(reconcile_results()).causes)
    assert [fix.cause for fix in ordered][:2] == ["rate_rounded_to_cents", "quota_not_applied"]
    assert [fix.rows for fix in ordered][:2] == [14, 9 + 3]
    assert sum(fix.rows for fix in ordered) == 104 - 2
    assert ordered[-1].left == 2
    assert Cause.UNEXPLAINED not in {fix.cause for fix in ordered}


@pytest.mark.parametrize("cause", [*Cause, "quota_not_applied+tax_included"])
def test_every_cause_has_words_that_say_what_to_do(cause):
    told = cause_words(str(cause), "Lago")
    assert "_" not in told.title + told.sentence
    assert told.sentence.endswith(".")
    assert told.fix.endswith(".")


def test_page_lists_the_lines_of_each_cause_and_links_their_file(tmp_path):
    report = reconcile_report()
    page = Page(write_report(report, tmp_path).read_text(encoding="utf-8"))
    causes = Counter(
        each["cause"] for each in report.results.lines.whole().to_dicts() if each["cause"]
    )
    anchors, links = page.values("id"), page.values("href")
    assert {"#plan_differs", "#unexplained", "#h-why"} <= set(links)
    for cause, count in causes.items():
        assert file_stem(cause) in anchors
        name = f"lines/{file_stem(cause)}.csv"
        assert name in links
        assert len(read_csv(tmp_path / name)) == count


def test_page_is_well_formed_and_every_link_within_the_run_leads_somewhere(tmp_path):
    page = Page(write_report(reconcile_report(), tmp_path).read_text(encoding="utf-8"))
    assert page.unmatched == []
    anchors = page.values("id")
    assert len(anchors) == len(set(anchors))
    for link in page.values("href"):
        if link.startswith("#"):
            assert link[1:] in anchors
        elif "://" not in link and not link.startswith(("data:", "..")):
            assert (tmp_path / link).is_file(), link
    assert not page.values("src")
    assert page.tags.count("th") == len(page.values("scope"))


def test_page_of_many_lines_shows_the_largest_and_stays_small(tmp_path):
    dear = {"cause": "flat_price_differs"}
    many = frame([row(1000 + number, str(50 + number), "49", **dear) for number in range(500)])
    html = html_of(clean(lines=many), tmp_path)
    assert "The 100 largest of 500" in html
    assert "LAGO-01499" in html
    assert "LAGO-01000<" not in html
    assert len(html) < 200_000


def test_files_hold_every_line_once_in_an_order_that_does_not_depend_on_the_rows(tmp_path):
    report = reconcile_report()
    write_report(report, tmp_path / "one")
    shuffled = report.results.lines.whole().sample(fraction=1, shuffle=True, seed=3)
    write_report(reconcile_report(lines=shuffled), tmp_path / "two")
    names = sorted(str(path.relative_to(tmp_path / "one")) for path in _files(tmp_path / "one"))
    for name in names:
        first, second = (tmp_path / run / name for run in ("one", "two"))
        assert first.read_bytes() == second.read_bytes(), name
    told = read_csv(tmp_path / "one" / "lines.csv")
    assert len(told) == report.results.lines.height
    sums = read_csv(tmp_path / "one" / "outcomes.csv")
    assert sum(int(each["lines"]) for each in sums) == len(told)
    for column in ("external_amount", "odoo_amount", "difference"):
        assert sum(Decimal(each[column] or 0) for each in told) == sum(
            Decimal(each[column]) for each in sums
        )


def test_amounts_in_files_have_two_decimals_or_as_many_as_they_take(tmp_path):
    rows = [row(1, "49", "49"), row(2, "-0.05", "0.000001"), row(3, None, "1234567.125")]
    write_report(clean(lines=frame(rows)), tmp_path)
    told = {each["odoo_amount"]: each for each in read_csv(tmp_path / "lines.csv")}
    assert set(told) == {"49.00", "0.000001", "1234567.125"}
    assert told["0.000001"]["external_amount"] == "-0.05"
    assert told["1234567.125"]["external_amount"] == ""


def test_file_of_a_cause_that_is_gone_does_not_outlive_it(tmp_path):
    write_report(reconcile_report(), tmp_path)
    write_report(clean(lines=EXPLAINED), tmp_path)
    assert [path.name for path in (tmp_path / "lines").iterdir()] == ["rate_rounded_to_cents.csv"]


def test_quarantine_and_warnings_are_files_and_a_table(tmp_path):
    report = reconcile_report()
    write_report(report, tmp_path)
    assert len(read_csv(tmp_path / "quarantine.csv")) == len(quarantine_rows(report)) == 2
    assert len(read_csv(tmp_path / "warnings.csv")) == 1


def test_past_runs_are_read_from_their_summaries_and_tell_what_changed(tmp_path):
    before = reconcile_report(run="20261026-000000-aaaa", history=())
    write_report(before, tmp_path / before.head.run)
    for broken, text in (("a", "{"), ("b", "[]"), ("c", json.dumps({"exit_code": 0}))):
        (tmp_path / broken).mkdir()
        (tmp_path / broken / "summary.json").write_text(text, encoding="utf-8")
    (tmp_path / "latest").symlink_to(before.head.run)
    history = read_history(tmp_path / "20261102-000000-bbbb")
    assert [each.run for each in history] == [before.head.run]
    cad = history[0].currencies["CAD"]
    assert (history[0].rows, history[0].matched, history[0].unexplained) == (224, 120, 2)
    assert (cad.unexplained, cad.causes["tax_included"]) == (Decimal("57.4"), 8)
    fewer = clean(lines=EXPLAINED, history=history)
    assert "103 fewer" in terminal_text(fewer)


def test_run_of_another_range_is_not_what_a_change_is_measured_against():
    other = past("20261026-030000-bb", "0", 480, service="nexadesk")
    assert "First run" in terminal_text(reconcile_report(history=(other,)))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "index.html"]


def test_csv_cells_are_inert_as_everywhere_else(tmp_path):
    texts = ["=1+1", "+1", "-0.5", "-1+1", "@x", "\ttab", "plain", '"quoted",\n', "＝1"]
    rows = [row(number, "49", "48", evidence=text) for number, text in enumerate(texts)]
    write_report(clean(lines=frame(rows)), tmp_path)
    told = {each["evidence"] for each in read_csv(tmp_path / "lines.csv")}
    assert told == {inert(text) for text in texts}


@pytest.mark.parametrize(
    "evil", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "</svg>"]
)
def test_hostile_text_gives_the_page_no_element_and_no_attribute(evil, tmp_path):
    def page_of(text: str) -> Page:
        names = ("service", "customer", "subscription", "evidence", "external_ref", "odoo_ref")
        hostile = row(1, "49", "48", item=f"addon:{text}", **dict.fromkeys(names, text))
        results = reconcile_results(frame([hostile]))
        report = reconcile_report(
            lines=results.lines.whole(),
            source=text,
            parameters={"only": text},
            sources=tuple(replace(each, note=text) for each in results.sources),
            findings=tuple(replace(each, key=text, observed=text) for each in results.findings),
        )
        return Page(html_of(report, tmp_path))

    hostile, harmless = page_of(evil), page_of("word")
    assert hostile.tags == harmless.tags
    assert hostile.unmatched == []
    assert not {name for _, name, _ in hostile.attributes if name.startswith("on")}


def test_every_cause_that_a_month_can_have_is_in_the_sample():
    told = {part for each in lines().to_dicts() for part in each["cause"].split("+") if part}
    assert told == {str(cause) for cause in Cause if cause is not Cause.PRICE_NOT_COMPARED}


def test_prices_by_more_than_a_month_are_told_apart_and_change_no_figure(tmp_path):
    plain = reconcile_report()
    long = LongPeriods(frame([row(1), row(2, "490", "49", cause="price_not_compared")]))
    told = build_report(plain.head, replace(plain.results, long=long))
    assert summary(told)["totals"] == summary(plain)["totals"]
    assert told.headline == plain.headline
    assert "Prices that were due last" in Page(html_of(told, tmp_path)).text
    assert "Prices that were due last" in terminal_text(told)
    (answer,) = {each.question: each for each in told.answers}.keys() - {
        each.question for each in plain.answers
    }
    assert answer == "Due last, elsewhere"
    assert {each.name for each in told.attachments} - {each.name for each in plain.attachments} == {
        "long_periods.csv"
    }


def test_a_month_that_agrees_never_says_nothing_to_fix_beside_a_years_price_that_differs():
    report = clean(lines=SAME)
    told = {
        cause: build_report(
            report.head,
            replace(report.results, long=LongPeriods(frame([row(3, "490", billed, cause=cause)]))),
        )
        for cause, billed in (("", "490"), ("price_differs", "49"))
    }
    assert told[""].headline.tone == report.headline.tone == "good"
    differs = told["price_differs"].headline
    assert (differs.tone, "prices that were due last" in differs.next_step) == ("warn", True)
    assert "Nothing to fix" not in differs.next_step
