"""The containers: each writes to its volumes only, and knows no password but its own."""

from __future__ import annotations

import re

import pytest
import yaml

from deployments.local.places import PROJECT

COMPOSE = yaml.safe_load((PROJECT / "deployments/compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
SECRET = re.compile(r"\$\{(\w*PASSWORD)\b")
#: Whose password each container may know.
KNOWN = {
    "postgres": {"POSTGRES_PASSWORD", "ODOO_DB_PASSWORD", "PREFECT_DB_PASSWORD"},
    "odoo": {"ODOO_DB_PASSWORD"},
    "odoo-prepare": {"ODOO_DB_PASSWORD", "ODOO_ADMIN_PASSWORD", "IMPORTER_PASSWORD"},
    "nexacloud-sample": {"POSTGRES_PASSWORD", "READER_PASSWORD"},
    "prefect": {"PREFECT_DB_PASSWORD", "PREFECT_PASSWORD"},
    "deployments": {"READER_PASSWORD", "IMPORTER_PASSWORD", "PREFECT_PASSWORD"},
    "worker": {"PREFECT_PASSWORD"},
    "flows": {"READER_PASSWORD", "IMPORTER_PASSWORD", "PREFECT_PASSWORD"},
}


@pytest.mark.parametrize("name", SERVICES)
def test_container_writes_nowhere_but_to_its_volumes_and_gains_no_right(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


@pytest.mark.parametrize("name", SERVICES)
def test_container_knows_its_own_passwords_only(name):
    assert set(SECRET.findall(yaml.safe_dump(SERVICES[name]))) == KNOWN[name]


def test_flows_are_an_importer_and_what_a_retry_needs_lies_apart_from_the_reports():
    for name in ("deployments", "flows"):
        assert SERVICES[name]["environment"]["ODOO_USER"] == "billing"
    script = (PROJECT / "deployments/compose/prepare_odoo.sh").read_text(encoding="utf-8")
    assert "group_importer" in script
    assert "group_manager" not in script
    dockerfile = (PROJECT / "deployments/Dockerfile").read_text(encoding="utf-8")
    assert "PREFECT_LOCAL_STORAGE_PATH=/results" in dockerfile
    for name in ("worker", "flows"):
        assert "results:/results" in SERVICES[name]["volumes"]


def test_prefect_asks_who_is_there_and_its_clients_say_so():
    assert SERVICES["prefect"]["environment"]["PREFECT_SERVER_API_AUTH_STRING"].startswith("admin:")
    for name in ("deployments", "worker", "flows"):
        assert "PREFECT_API_AUTH_STRING" in SERVICES[name]["environment"]
