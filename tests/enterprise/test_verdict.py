"""What a person who runs the proof on their Odoo reads of its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.enterprise.odoo import EnterpriseError, OdooCommand
from deployments.enterprise.verdict import Fact, read_facts, read_verdict, told
from deployments.local.odoo_addons import ADDONS
from deployments.local.places import PROJECT

FACTS = (
    Fact("drafts_are_never_invoiced", "Drafts rest.", "Shadows.", "Stop the action."),
    Fact("pause_bills_nothing", "Pauses rest.", "The app.", "Tell nobody."),
)
STARTED = """
INFO trial odoo: Starting TestContractInvoices.test_drafts_are_never_invoiced ...
INFO trial odoo: Starting TestContractLifecycle.test_pause_bills_nothing ...
INFO trial odoo: Starting TestLoad.test_order_is_loaded ...
"""


def test_log_without_failures_holds() -> None:
    log = f"{STARTED}INFO trial: 0 failed, 0 error(s) of 3 tests when loading database"
    verdict = read_verdict(log, FACTS)
    assert verdict.ok
    assert "2 of 2 facts hold; 3 tests ran" in told(verdict, only_contract=False)


def test_broken_fact_is_told_with_what_it_means_and_other_failures_by_name() -> None:
    log = (
        f"{STARTED}ERROR trial: FAIL: TestContractLifecycle.test_pause_bills_nothing\n"
        "ERROR trial: ERROR: Subtest TestLoad.test_order_is_loaded (one)\n"
        "ERROR trial: 1 failed, 1 error(s) of 3 tests when loading database"
    )
    verdict = read_verdict(log, FACTS)
    text = told(verdict, only_contract=False)
    assert not verdict.ok
    assert "DOES NOT HOLD: Pauses rest." in text
    assert "what it means: Tell nobody." in text
    assert "  TestLoad.test_order_is_loaded" in text


@pytest.mark.parametrize(
    "log",
    ["", "0 failed, 0 error(s) of 0 tests", "0 failed, 0 error(s) of 7 tests"],
    ids=["crashed", "tag matched nothing", "contract did not run"],
)
def test_run_that_looked_at_nothing_is_no_success(log: str) -> None:
    verdict = read_verdict(log, FACTS)
    assert not verdict.ok
    assert "NOT LOOKED AT: drafts_are_never_invoiced" in told(verdict, only_contract=True)


def test_document_tells_every_fact_and_what_its_failure_means() -> None:
    text = (PROJECT / "docs" / "enterprise.md").read_text()
    for fact in read_facts():
        assert fact.says in text
        assert fact.failure in text


def test_addons_path_has_ours_and_never_the_stand_in(tmp_path: Path) -> None:
    app = tmp_path / "enterprise" / "sale_subscription"
    app.mkdir(parents=True)
    (app / "__manifest__.py").write_text("{'author': 'Odoo S.A.', 'license': 'OEEL-1'}")
    config = tmp_path / "odoo.conf"
    config.write_text(f"[options]\naddons_path = {app.parent}, {tmp_path / 'community'}\n")
    odoo = OdooCommand(("odoo-bin",), config, tmp_path / "log")
    assert odoo.addons_path() == [ADDONS, app.parent, tmp_path / "community"]
    assert odoo.subscriptions()["license"] == "OEEL-1"


def test_missing_configuration_and_missing_app_say_what_to_do(tmp_path: Path) -> None:
    config = tmp_path / "odoo.conf"
    odoo = OdooCommand(("odoo-bin",), config, tmp_path / "log")
    with pytest.raises(EnterpriseError, match="give --config"):
        odoo.addons_path()
    config.write_text(f"[options]\naddons_path = {tmp_path}\n")
    with pytest.raises(EnterpriseError, match="add Enterprise's"):
        odoo.subscriptions()
