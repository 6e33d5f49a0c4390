"""Lago's own client for JavaScript, unmodified, from npm, through the same life."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

from deployments.local.places import Places

SOURCE = Path(__file__).with_name("javascript")


@pytest.fixture(scope="module")
def project() -> Path:
    """The client as its lock says, installed once in the project's cache."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.fail("Node.js and npm are needed: Lago's JavaScript client runs on them.")
    files = sorted(SOURCE.iterdir())
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:12]
    cache = Places.from_environment().cache
    folder = cache / f"lago-javascript-client-{digest}"
    with FileLock(cache / "lago-javascript-client.lock"):
        if not (folder / "ready").exists():
            folder.mkdir(exist_ok=True)
            for path in files:
                shutil.copy(path, folder)
            run(folder, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
            (folder / "ready").touch()
    return folder


def run(folder: Path, *command: str, **variables: str) -> str:
    """Run a program to its end and return what it printed."""
    environment = {**os.environ, **variables}
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


def test_a_customer_s_whole_life(api, unique: str, project: Path) -> None:
    address = f"{api.url}/api/v1"
    printed = run(project, "node", "life.mjs", API_URL=address, API_KEY=api.key, UNIQUE=unique)
    assert json.loads(printed) == {
        "amount": "0.0125",
        "upsert": [True, "Zoé Tremblay", "Gatineau"],
        "started": "active",
        "repeated": {
            "status": 422,
            "error": "Unprocessable Entity",
            "code": "validation_errors",
            "error_details": {"transaction_id": ["value_already_exist"]},
        },
        "event": {"seconds": "50.5"},
        "usage": ["200.0", 250],
        "pages": [2, 1],
        "terminated": "terminated",
        "ended": 1,
        "unknown": {"status": 404, "error": "Not Found", "code": "customer_not_found"},
        "invalid": {
            "status": 422,
            "error": "Unprocessable Entity",
            "code": "validation_errors",
            "error_details": {
                "interval": ["value_is_mandatory"],
                "amount_cents": ["value_is_mandatory"],
                "amount_currency": ["value_is_mandatory"],
            },
        },
        "wrongKey": {"status": 401, "error": "Unauthorized"},
    }
