"""Ledgers that come in pages: what a month comes to does not hang on how it was cut."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.model.ledger import LEDGER_SCHEMA, ledger_frame
from tasks.reconcile import pages
from tasks.reconcile.causes.differing import EVIDENCE_SCHEMA
from tasks.reconcile.compare import compare_ledgers
from tasks.reconcile.ledgers import LagoLedger, Ledgers, NexaCloudLedger, OdooLedger, Side
from tasks.reconcile.long_periods import LongPeriods
from tasks.reconcile.pages import Compared, OnDisk
from tasks.reconcile.reporting import sorting
from tasks.reconcile.source import SUBSCRIPTIONS_SCHEMA
from tasks.reconcile.window import reconcile_window
from tasks.reconcile.wire import reconciliation_batches
from tasks.reconcile.workbook.lines import sheet_rows
from tasks.report.folder import write_report
from tests.reconcile.ledgers import TORONTO, line, moment
from tests.reconcile.reconcile_sample import lines as sample
from tests.reconcile.reconcile_sample import reconcile_report

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEPTEMBER = reconcile_window("2026-09", as_of=NOW, zone=TORONTO)
NAMES = [f"sub-{number}" for number in range(8)]
PLAN = '{"price": "%s", "cycle": "monthly", "plan_code": "%s"}'
ITEMS = [
    "flat", "usage:cpu_seconds", "minimum:cpu_seconds", "addon:Static IP", "addon:static ip",
    "other:no items", "credit:order_change", "discount:welcome",
]  # fmt: skip
LINES = st.builds(
    line,
    st.sampled_from(["39", "79", "82.005", "-5", "0", "0.01"]),
    st.sampled_from(ITEMS),
    subscription=st.sampled_from(["", *NAMES]),
    customer=st.sampled_from(["anna", "bert", "chris"]),
    period_start=st.integers(1, 28).map(lambda day: moment(f"2026-09-{day:02}")),
    period_end=st.integers(1, 28).map(lambda day: moment(f"2026-10-{day:02}")),
    units=st.sampled_from([None, "3600", "360000"]),
    currency=st.sampled_from(["CAD", "USD"]),
    tax_rate=st.sampled_from([None, "13", "5"]),
    ref=st.sampled_from(["A", "B", "C"]),
    terms=st.sampled_from(["", PLAN % ("39", "small"), PLAN % ("79", "large")]),
)
LEDGERS = st.lists(LINES, max_size=25)
LIVES = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(
        st.sampled_from([None, moment("2026-09-10")]),
        st.sampled_from([None, moment("2026-09-12")]),
        st.sampled_from(["", "It has no price."]),
    ),
)


def ledgers_of(odoo, billed, due, lives):
    """All that was read: of what was billed each of two sources has one half."""
    told = [("nexacloud", name, *life) for name, life in lives.items()]
    known = pl.DataFrame(told, schema=SUBSCRIPTIONS_SCHEMA, orient="row")
    middle = len(billed) // 2
    first = Side(on_disk(billed[:middle]), on_disk(due), OnDisk(SUBSCRIPTIONS_SCHEMA, [known]))
    second = Side(on_disk(billed[middle:]))
    return Ledgers(
        OdooLedger(on_disk(odoo), 0),
        NexaCloudLedger(first, {}),
        LagoLedger(second, 0, ()),
    )


def on_disk(lines):
    return OnDisk(LEDGER_SCHEMA, (ledger_frame([each]) for each in lines))


def compared_in(page_lines, ledgers):
    """Compare in pages of so many lines; gives what was found, and which usage was asked for."""
    asked = [pl.DataFrame(schema=EVIDENCE_SCHEMA)]

    def evidence_of(needed):
        asked.append(needed)
        named = needed.unique(maintain_order=True).rename(
            {"since": "period_start", "until": "period_end"}
        )
        return named.with_columns(units=pl.lit("3600")).select(*EVIDENCE_SCHEMA)

    found = compare_ledgers(
        ledgers,
        zone=TORONTO,
        window=SEPTEMBER,
        as_of=NOW,
        evidence_of=evidence_of,
        page_lines=page_lines,
    )
    return found, asked[-1]


@settings(max_examples=40)
@given(LEDGERS, LEDGERS, LEDGERS, LIVES)
def test_ledgers_in_pages_come_to_the_same_as_whole(odoo, billed, due, lives):
    read = odoo, billed, [each._replace(origin="terms") for each in due], lives
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "_AT_ONCE", 5)
        whole, asked = compared_in(1_000, ledgers_of(*read))
        paged, asked_in_pages = compared_in(1, ledgers_of(*read))

    assert as_set(paged.whole()) == as_set(whole.whole())
    assert as_set(paged.sums) == as_set(whole.sums)
    assert as_set(asked_in_pages) == as_set(asked)


def as_set(frame):
    """The rows of a frame, in no order."""
    return Counter(frame.select(sorted(frame.columns)).rows())


def cut(lines, rows):
    """The same lines in pages of so many."""
    return Compared(lines.sample(fraction=1, shuffle=True, seed=7).iter_slices(rows))


def test_files_of_a_comparison_in_pages_are_those_of_one_to_the_byte(tmp_path, monkeypatch):
    write_report(reconcile_report(lines=sample()), tmp_path / "whole")
    monkeypatch.setattr(sorting, "_AT_ONCE", 12)
    monkeypatch.setattr(sorting, "_SAMPLED", 2)
    write_report(reconcile_report(lines=cut(sample(), 17)), tmp_path / "paged")
    files = [path for path in (tmp_path / "whole").rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        name = path.relative_to(tmp_path / "whole")
        assert path.read_bytes() == (tmp_path / "paged" / name).read_bytes(), name


@pytest.mark.parametrize("most", [0, 5, 100, 100_000])
def test_workbook_has_the_largest_of_all_pages_and_adds_up_the_rest(most):
    whole, paged = (sheet_rows(each, most) for each in (Compared([sample()]), cut(sample(), 9)))
    assert paged.lines.equals(whole.lines)
    assert paged.rest.equals(whole.rest)
    assert paged.lines.height + paged.rest["count"].sum() == sample().height


@pytest.mark.parametrize("batch_rows", [1, 7, 1000])
def test_differences_of_all_pages_travel_once_and_the_last_batch_closes_the_run(batch_rows):
    def batches(lines):
        told = {"service": "nexadesk", "run": "r1", "window": SEPTEMBER, "dry_run": False}
        return list(reconciliation_batches(lines, LongPeriods(), batch_rows=batch_rows, **told))

    of_subscriptions = sample().partition_by("subscription")
    whole, paged = batches(Compared([sample()])), batches(Compared(of_subscriptions))
    rows = [Counter(str(row) for each in told for row in each["rows"]) for told in (whole, paged)]
    assert rows[0] == rows[1]
    assert [len(each["rows"]) for each in whole] == [len(each["rows"]) for each in paged]
    assert [each.get("final", False) for each in paged] == [False] * (len(paged) - 1) + [True]
    assert (paged[-1]["matched"], paged[-1]["totals"]) == (
        whole[-1]["matched"],
        whole[-1]["totals"],
    )
