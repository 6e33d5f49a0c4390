"""A database of the addon in one piece becomes one of five addons: nobody loses a record.

The addon as it was (version 19.0.1.0.0, without its tests and pictures) is a fixture.
"""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from deployments.local.odoo_server import Odoo
from deployments.local.odoo_template import DATABASE
from deployments.local.places import PROJECT
from deployments.local.scratch import Scratch

FIXTURES = Path(__file__).parent / "fixtures"
COMMUNITY = PROJECT / "deployments" / "addons_community"
OLD = "fusion_centralize_billing"
ADDONS = sorted(path.parent.name for path in PROJECT.glob("deployments/addons/*/__manifest__.py"))

OWNERS = f"""
    SELECT module || '.' || name || ' ' || model FROM ir_model_data
    WHERE module LIKE '{OLD}%'
    UNION ALL
    SELECT 'constraint ' || module.name || '.' || one.name FROM ir_model_constraint one
    JOIN ir_module_module module ON module.id = one.module WHERE module.name LIKE '{OLD}%'
    UNION ALL
    SELECT 'relation ' || module.name || '.' || one.name FROM ir_model_relation one
    JOIN ir_module_module module ON module.id = one.module WHERE module.name LIKE '{OLD}%'
    UNION ALL
    SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
        AND (tablename LIKE 'fusion_billing_%' OR indexname LIKE '%fc_%')
    UNION ALL
    SELECT 'column ' || concat_ws(' ', table_name, column_name, udt_name, is_nullable)
    FROM information_schema.columns WHERE table_schema = 'public'
        AND (table_name LIKE 'fusion_billing_%' OR column_name LIKE 'x_fc_%')
"""
# Set for every record by the upgrade, on purpose.
ANEW = {"write_date", "write_uid", "technical_price_unit"}
TABLES = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'fusion_billing_%'
    UNION SELECT 'sale_order' UNION SELECT 'sale_order_line' UNION SELECT 'res_partner'
"""
SETTINGS = """
    SELECT concat_ws(' ', data.name, cron.active, cron.interval_number) FROM ir_cron cron
    JOIN ir_model_data data ON data.model = 'ir.cron' AND data.res_id = cron.id
    WHERE data.module LIKE 'fusion_%'
    UNION ALL
    SELECT concat_ws(' ', data.name, rule.active) FROM ir_rule rule
    JOIN ir_model_data data ON data.model = 'ir.rule' AND data.res_id = rule.id
    WHERE data.module LIKE 'fusion_%'
    UNION ALL
    SELECT concat_ws(' ', data.name, member.uid) FROM res_groups_users_rel member
    JOIN ir_model_data data ON data.model = 'res.groups' AND data.res_id = member.gid
    WHERE data.module LIKE 'fusion_%'
"""


def rows_of(odoo: Odoo, query: str, database: str = DATABASE) -> set[str]:
    return set(odoo.cluster.sql(query, database).splitlines())


def records_of(odoo: Odoo) -> dict[str, list[dict[str, Any]]]:
    """Every record of ours by table, in order of what is in its columns."""
    return {
        table: [
            json.loads(line)
            for line in odoo.cluster.sql(
                f"SELECT to_jsonb(one) FROM {table} one ORDER BY to_jsonb(one)::text", DATABASE
            ).splitlines()
        ]
        for table in sorted(rows_of(odoo, TABLES))
    }


def kept(record: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Return what the columns of before hold of a record now."""
    return {name: record[name] for name in before if name not in ANEW}


def run_odoo(odoo: Odoo, log: Path, addons: Path, *command: str) -> str:
    """Run Odoo's command line with our addons from a folder; returns what it logged."""
    odoo.run_script(
        "launcher.py",
        f"--config={odoo.settings}",
        f"--database={DATABASE}",
        f"--addons-path={addons_path(odoo, addons)}",
        "--stop-after-init",
        "--no-http",
        *command,
        log=log,
    )
    return log.read_text()


def addons_path(odoo: Odoo, addons: Path) -> str:
    return ",".join(str(folder) for folder in (*odoo.source.addons, COMMUNITY, addons))


@pytest.fixture(scope="module")
def upgraded(scratch: Scratch, tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """The Odoo after the upgrade, and what its records and settings were before."""
    folder = tmp_path_factory.mktemp("addon-upgrade")
    with tarfile.open(FIXTURES / "fusion_centralize_billing-19.0.1.0.0.tar.xz") as archive:
        archive.extractall(folder / "old", filter="data")
    odoo = scratch.odoo_without_addons()
    old, new = folder / "old", PROJECT / "deployments" / "addons"
    # Odoo knew nothing of the later addons then.
    odoo.cluster.sql(f"DELETE FROM ir_module_module WHERE name LIKE '{OLD}%'", DATABASE)
    odoo.cluster.sql(f"DELETE FROM ir_model_data WHERE name LIKE 'module_{OLD}%'", DATABASE)
    run_odoo(odoo, folder / "install.log", old, f"--init={OLD}")
    script = str(FIXTURES / "fill_old_addon.py")
    path = addons_path(odoo, old)
    odoo.run_script(script, str(odoo.settings), DATABASE, path, log=folder / "fill.log")
    before = records_of(odoo), rows_of(odoo, SETTINGS)
    log = run_odoo(odoo, folder / "upgrade.log", new, f"--update=sale_subscription,{OLD}")
    return odoo, *before, log


def test_upgrade_keeps_every_record_of_the_old_addon(upgraded):
    odoo, records, _settings, _log = upgraded
    empty = {table for table, rows in records.items() if not rows}
    # Transient, and what only a cutover or a running order brings.
    assert empty <= {
        "fusion_billing_api_key_wizard",
        "fusion_billing_approval",
        "fusion_billing_charge_tier",
        "fusion_billing_cutover_move",
        "fusion_billing_import_wizard",
        "fusion_billing_import_row",
        "fusion_billing_reconciliation_resolve",
        "fusion_billing_reconciliation_trail",
        "fusion_billing_resolve_rel",
        "fusion_billing_turn",
        "fusion_billing_usage_threshold",
        "fusion_billing_webhook_attempt",
        "fusion_billing_webhook_told",
    }
    now = records_of(odoo)
    for table, rows in records.items():
        by_id = {row.get("id", place): row for place, row in enumerate(now[table])}
        found = [kept(by_id[row.get("id", place)], row) for place, row in enumerate(rows)]
        assert found == [kept(row, row) for row in rows], table
        assert len(now[table]) == len(rows), table


INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = 'fusion_billing_rating'"


def test_upgrade_keeps_what_people_set_by_hand(upgraded):
    odoo, _records, settings, _log = upgraded
    assert {"cron_deliver_webhooks t 1", "cron_raise_thresholds t 7"} <= settings
    assert settings <= rows_of(odoo, SETTINGS)


def test_upgrade_installs_all_and_removes_nothing(upgraded):
    odoo, _records, _settings, log = upgraded
    modules = rows_of(
        odoo,
        "SELECT name FROM ir_module_module "
        f"WHERE name LIKE '{OLD}%' AND state = 'installed' AND latest_version = '19.0.2.0.0'",
    )
    assert sorted(modules) == ADDONS
    assert " ERROR " not in log
    gone = re.findall(r"Deleting .*", log)
    # A constraint became an index, which Odoo keeps no record of.
    assert [each for each in gone if "@ir.model.constraint (" not in each] == []
    assert "fusion_billing_rating_period_once" in rows_of(odoo, INDEXES)


def test_upgraded_database_is_made_as_a_new_one(upgraded, scratch, odoo_database):
    odoo, *_before = upgraded
    fresh = rows_of(scratch.odoo, OWNERS, odoo_database())
    assert rows_of(odoo, OWNERS) == fresh
