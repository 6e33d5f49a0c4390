"""Started in Odoo: Prefect and its worker run it, and it ends on its import run."""

from __future__ import annotations

import odoorpc
import pytest

from tests.apply.conftest import Operation, eventually
from tests.flow_world import log_in

pytestmark = pytest.mark.soak

BASE = "fusion_centralize_billing"
RUNS = "fusion.billing.flow.run"
WIZARD = "fusion.billing.import.wizard"
TOLD = ["state", "state_name", "message", "url", "import_run_ids", "user_id"]
OVER = {"completed", "failed"}


@pytest.fixture
def odoo(deployed: Operation) -> odoorpc.ODOO:
    """The administrator, who told Odoo where Prefect is."""
    rpc = log_in(deployed.scratch, deployed.environment["ODOO_DB"])
    values = {"fc_prefect_url": deployed.scratch.prefect_url}
    settings = rpc.execute_kw("res.config.settings", "create", [values])
    rpc.execute_kw("res.config.settings", "execute", [[settings]])
    return rpc


def start(odoo: odoorpc.ODOO, what: str, *, dry_run: bool) -> dict:
    """Fill the dialog in, press Start, and look until it is over."""
    named = [("code", "=", "nexacloud")]
    (service,) = odoo.execute_kw("fusion.billing.service", "search", [named])
    values = {"service_id": service, "what": what, "dry_run": dry_run}
    dialog = odoo.execute_kw(WIZARD, "create", [values])
    run = odoo.execute_kw(WIZARD, "action_start", [[dialog]])["res_id"]

    def ended():
        odoo.execute_kw(RUNS, "action_follow", [[run]])
        (found,) = odoo.execute_kw(RUNS, "read", [[run], TOLD])
        return found if found["state"] in OVER else None

    return eventually(ended)


def test_backfill_started_in_odoo_ends_on_its_import_run(deployed, odoo):
    dry = start(odoo, "backfill", dry_run=True)
    assert (dry["state"], dry["import_run_ids"]) == ("completed", []), dry
    found = start(odoo, "backfill", dry_run=False)
    assert found["state"] == "completed", found
    assert found["url"].startswith(f"{deployed.scratch.prefect_url}/runs/flow-run/")
    fields = ["key", "state", "created", "flow_run"]
    run = found["import_run_ids"]
    (log,) = odoo.execute_kw("fusion.billing.import.run", "read", [run, fields])
    assert log["created"] > 0
    assert found["url"].endswith(log["flow_run"])


def test_who_asks_for_a_cutover_in_odoo_is_its_planner_though_the_flow_plans(deployed, odoo):
    (group,) = odoo.execute_kw(
        "ir.model.data",
        "search_read",
        [[("module", "=", BASE), ("name", "=", "group_manager")], ["res_id"]],
    )
    values = {
        "name": "Bob Roy",
        "login": "bob.roy",
        "password": "correct-horse-battery",
        "group_ids": [(4, group["res_id"])],
    }
    bob = odoo.execute_kw("res.users", "create", [values])
    database = deployed.environment["ODOO_DB"]
    his = log_in(deployed.scratch, database, values["login"], values["password"])
    found = start(his, "cutover", dry_run=False)
    assert (found["state"], found["user_id"][0]) == ("failed", bob), found
    assert "Nobody was switched" in found["message"]
    (plan,) = odoo.execute_kw("fusion.billing.cutover", "search_read", [[], ["planner_ids"]])
    assert bob in plan["planner_ids"]
