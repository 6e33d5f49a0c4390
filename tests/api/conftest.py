"""One Odoo for all tests of the API, which keep apart by the ids that they use."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import odoorpc
import pytest

from deployments.local.scratch import Scratch
from tests.api.life import Life, new_life
from tests.api.priced_by import REGIONS, SIZES

_NUMBERS = count(1)


@dataclass(frozen=True)
class Api:
    """The API of one Odoo, as two services and an administrator see it.

    Attributes:
        url: Odoo's address, as a client of Lago takes it.
        key: Key of NexaDesk.
        other_key: Key of NexaMaps.
        odoo: The administrator's connection.
        told: What requests that succeeded were answered.
    """

    url: str
    key: str
    other_key: str
    odoo: odoorpc.ODOO
    database: str
    scratch: Scratch
    told: list[Any] = field(default_factory=list)

    def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> tuple[int, Any]:
        """Send one request and return status and body."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            data=data,
            method=method,
            headers={
                "Authorization": f"Bearer {key or self.key}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                status, content = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        told = json.loads(content) if content and content[:1] in b"{[" else content.decode() or None
        if status == 200:
            self.told.append(told)
        if kept := os.environ.get("API_ANSWERS"):
            # To hold all answers of a run against another document of the same API.
            line = {"method": method, "path": path, "status": status, "body": told}
            with Path(kept).open("a") as answers:
                answers.write(json.dumps(line) + "\n")
        return status, told

    def made(self, path: str, root: str, **values: Any) -> dict:
        """Create something and return it."""
        status, body = self.call("POST", path, {root: values})
        assert status == 200, body
        return body[root]

    def service(self, code: str) -> int:
        """Return the id of a service."""
        (service_id,) = self.odoo.execute("fusion.billing.service", "search", [("code", "=", code)])
        return int(service_id)

    def log(self) -> str:
        """Return what Odoo has logged."""
        return self.scratch.log_of(self.database)


@pytest.fixture(scope="session")
def api(scratch: Scratch) -> Api:
    """Serve a database in which two services have a key each."""
    database = scratch.new_odoo_database()
    url = scratch.serve_alone(database)
    address = urlsplit(url)
    odoo = odoorpc.ODOO(address.hostname, port=address.port, timeout=120)
    odoo.login(database, scratch.odoo_user, scratch.odoo_password)
    keys = []
    for name in ("NexaDesk", "NexaMaps"):
        of_code = [("code", "=", name.lower())]
        [service_id] = odoo.execute("fusion.billing.service", "search", of_code)
        keys.append(odoo.execute("fusion.billing.service", "issue_api_key", [service_id], "tests"))
    return Api(url, keys[0], keys[1], odoo, database, scratch)


@pytest.fixture(scope="module")
def life(api: Api) -> Life:
    """Return a live service that is this file's own."""
    return new_life(api)


@pytest.fixture
def unique() -> str:
    """Return a word that no other test has used for an id."""
    return f"t{next(_NUMBERS)}"


@pytest.fixture
def metric(api, unique: str) -> dict:
    """A metric whose events name a region and a size."""
    return api.made(
        "/billable_metrics",
        "billable_metric",
        name=unique,
        code=unique,
        aggregation_type="sum_agg",
        field_name="n",
        filters=[REGIONS, SIZES],
    )
