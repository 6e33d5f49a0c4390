"""reconcile on the real stack: the labelled sample, its causes, and what Odoo keeps of it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

TORONTO = ZoneInfo("America/Toronto")
PERIOD = "2026-05..2026-09"
#: Customer, subscription, item and first day -> cause.
Labels = dict[tuple[str, str, str, str], str]


def reconciled(**parameters):
    from flows.reconcile import reconcile

    return reconcile(period=PERIOD, return_state=True, **parameters)


def day(moment: datetime) -> str:
    return f"{moment.astimezone(TORONTO):%Y-%m-%d}"


def judged(lines: pl.DataFrame, labels: Labels) -> tuple[int, list[tuple[str, ...]]]:
    """Count the lines with their true cause, and name those with another or with none due.

    A balancing line has no label: what it stands for has one for each line that it hides.
    """
    right, wrong = 0, []
    for row in lines.filter(pl.col("outcome") != "match").iter_rows(named=True):
        names = (row["customer"], row["subscription"], row["item"])
        starts = {row["period_start"], row["external_period_start"]} - {None}
        causes = {
            labels[(*names, day(start))] for start in starts if (*names, day(start)) in labels
        }
        if row["cause"] in causes:
            right += 1
        elif not row["item"].startswith("other:"):
            wrong.append((*names, day(row["period_start"]), row["cause"], *causes, row["evidence"]))
    return right, wrong


def missed(lines: pl.DataFrame, labels: Labels) -> set[str]:
    """Causes of labelled lines that the comparison lets pass although an amount differs."""
    passed = lines.filter(pl.col("outcome") == "match", pl.col("delta_micro") != 0)
    return {
        labels[key]
        for row in passed.iter_rows(named=True)
        if (key := (row["customer"], row["subscription"], row["item"], day(row["period_start"])))
        in labels
    }


def test_each_injected_difference_gets_its_cause_and_odoo_keeps_it_once(world):
    world.run()
    world.meter()
    state = reconciled(max_unexplained_share=0.5)
    assert state.name == "CompletedWithDifferences", state.message
    report = state.result().report
    lines = report.results.lines.whole()
    rows = world.source_sql(
        "SELECT customer, subscription, item, period_start, cause FROM sample.injected_differences"
    )
    labels = {(*names, day(start)): cause for *names, start, cause in rows}
    right, wrong = judged(lines, labels)
    # Of those who share a contact Odoo knows one address: another's tax is told, not labelled.
    sharing = "SELECT lower(email) FROM users GROUP BY 1 HAVING count(*) > 1"
    rows = world.source_sql(f"SELECT id::text FROM users WHERE lower(email) IN ({sharing})")
    shared = {key for (key,) in rows}
    wrong = [each for each in wrong if each[0] not in shared or each[4] != "tax_differs"]

    assert not wrong, "\n".join(map(str, wrong))
    assert right > 250
    assert not missed(lines, labels)
    assert report.end.exit_code == world.report("reconcile")["exit_code"] == 0
    stored = "SELECT count(*) FROM fusion_billing_reconciliation WHERE status <> 'match'"
    # What is settled, like what ended and was billed as due, is counted there and not kept.
    compared = pl.concat([lines, report.results.long.lines])
    differing = compared.filter(pl.col("wrong_side") != "")
    # A pair in two currencies is two rows here, and one there.
    names = ["customer", "subscription", "item", "period_start", "external_ref"]
    assert world.sql(stored) == [(differing.unique(names).height,)]

    before = world.sql("SELECT count(*), max(write_date) FROM fusion_billing_reconciliation")
    again = reconciled(max_unexplained_share=0.0)
    assert again.name == "UnexplainedDifferences"
    assert again.result(raise_on_failure=False).result.exit_code == 4
    assert (
        world.sql("SELECT count(*), max(write_date) FROM fusion_billing_reconciliation") == before
    )


def test_services_of_lago_are_compared_in_one_run(world, scratch, monkeypatch):
    from tests.flow_world import CUSTOMERS
    from tests.lago_service import point_at

    sandbox = point_at(monkeypatch, scratch.new_lago(CUSTOMERS))
    services = ["nexadesk", "nexamaps"]
    for service in services:
        world.run(source="lago", service=service)
    state = reconciled(service=services, max_unexplained_share=0.5)
    assert state.name == "CompletedWithDifferences", state.message
    lines = state.result().report.results.lines.whole()
    labels = {
        (row["customer"], row["subscription"], row["item"], day(moment(row["period_start"]))): row[
            "cause"
        ]
        for row in sandbox.document["injected_differences"]
        if row["service"] in services
    }
    # Some prices are in cents already: rounding them, which the sample did, changes nothing.
    right, wrong = judged(lines, labels)
    no_op = ("tax_included", "rate_rounded_to_cents+tax_included")

    assert [each for each in wrong if each[4:6] != no_op] == []
    assert right > 20
    assert set(lines["service"]) == set(services)
    assert not missed(lines, labels)


def test_a_service_without_a_source_is_told_before_anything_is_read(world):
    state = reconciled(service="nexadesk")

    assert state.name == "ConfigurationError"
    assert "LAGO_API_URL" in state.message


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
