"""The local Prefect hands its secrets to nobody on the machine but to who has its login."""

from __future__ import annotations

import httpx
import pytest
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from deployments.local import prefect_parts
from deployments.local.processes import free_port, wait_for
from tasks.model.errors import ConfigError
from tasks.run.server import require_server

LOGIN = "admin:letme-in"


@pytest.fixture(scope="module")
def server(scratch, tmp_path_factory):
    prefect_parts.create_database(scratch.postgres, "role")
    port, home = free_port(), tmp_path_factory.mktemp("prefect")
    log = home / "prefect.log"
    service = prefect_parts.start_prefect(
        scratch.postgres, "role", port=port, home=home, log=log, login=LOGIN
    )
    url = f"http://127.0.0.1:{port}"
    wait_for(service, f"{url}/api/health", log)
    yield url
    service.stop()


def test_nobody_reads_a_secret_block_without_the_login(server):
    for method, path in (
        ("POST", "/block_documents/filter"),
        ("POST", "/variables/filter"),
        ("POST", "/deployments/filter"),
        ("GET", "/admin/settings"),
    ):
        for auth in (None, ("admin", "wrong")):
            answer = httpx.request(method, f"{server}/api{path}", json={}, auth=auth)
            assert answer.status_code == 401, path
    known = httpx.post(f"{server}/api/block_documents/filter", json={}, auth=("admin", "letme-in"))
    assert known.status_code == 200


def test_run_without_the_login_says_what_to_set(server):
    with temporary_settings({PREFECT_API_URL: f"{server}/api"}):
        with pytest.raises(ConfigError, match="set PREFECT_API_AUTH_STRING"):
            require_server()
        with temporary_settings({PREFECT_API_AUTH_STRING: LOGIN}):
            assert require_server() == f"{server}/api"
