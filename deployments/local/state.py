"""What the launcher remembers, and what it tells others."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deployments.local.places import Places
from deployments.local.processes import Service

#: What `stack.json` has of the flows' environment: a variable, and its key there.
VARIABLES = {
    "NEXACLOUD_DSN": "nexacloud_dsn",
    "ODOO_URL": "odoo_url",
    "ODOO_DB": "odoo_db",
    "ODOO_USER": "odoo_user",
    "ODOO_PASSWORD": "odoo_password",
    "LAGO_API_URL": "lago_url",
    "LAGO_API_KEY": "lago_api_key",
}
_SECRETS = (
    "postgres",
    "odoo_role",
    "odoo_admin",
    "prefect_role",
    "prefect_api",
    "nexacloud_reader",
    "nexacloud_receiver",
    "webhook",
    "lago_key",
)


@dataclass
class State:
    """The launcher's memory between commands, kept in `launcher.json` (owner only).

    Attributes:
        passwords: Generated once for each stack, by name.
        ports: Ports of the last start, taken again when they are free.
        services: The processes that `up` started, in order.
        addons: Digest of the addons that the Odoo database was last brought up to.
        sample_as_of: The sample's today, an ISO day: the first of the month in which it was made.
    """

    passwords: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    services: list[Service] = field(default_factory=list)
    addons: str | None = None
    sample_as_of: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m}-01")

    @classmethod
    def load(cls, places: Places) -> State:
        """Read the memory; a stack that never ran gets new passwords."""
        path = _memory(places)
        raw: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        state = cls(**raw)
        state.services = [Service(**service) for service in raw.get("services", ())]
        for name in _SECRETS:
            state.passwords.setdefault(name, secrets.token_urlsafe(18))
        return state

    def save(self, places: Places) -> None:
        """Write the memory in one step."""
        write_private(_memory(places), asdict(self))


def stack_file(places: Places) -> Path:
    """Return the file that other programs read; it exists while the stack is up."""
    return places.state / "stack.json"


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only the owner may read, replacing the file in one step."""
    partial = path.with_name(f".{path.name}.part")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    partial.replace(path)


def _memory(places: Places) -> Path:
    return places.state / "launcher.json"
