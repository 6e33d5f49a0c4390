"""A Lago for tests: told to the flows, read through the vendor's client, made known to Odoo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deployments.local.lago.server import LagoSandbox
from deployments.sample import memberships

if TYPE_CHECKING:
    from tasks.backfill.mapping.lago_source import LagoSource
    from tests.flow_world import World

NOT_ASKED = ("NEXACLOUD_DSN", "ODOO_URL", "ODOO_DB", "ODOO_USER", "ODOO_PASSWORD")


def make_service(world: World) -> None:
    """Make a service that bills through Lago, as the administrator and finance make it."""
    memberships.make_service(world.rpc())


def point_at(patch: pytest.MonkeyPatch, sandbox: LagoSandbox) -> LagoSandbox:
    """Let the flows find a Lago."""
    patch.setenv("LAGO_API_URL", sandbox.url)
    patch.setenv("LAGO_API_KEY", sandbox.api_key)
    return sandbox


def read_tenant(document: dict[str, Any], service: str) -> LagoSource:
    """Read a tenant through the vendor's client; nothing but its Lago is there."""
    from tasks.backfill.read_lago import read_lago

    with pytest.MonkeyPatch.context() as patch, LagoSandbox(document, "key") as sandbox:
        point_at(patch, sandbox)
        for name in NOT_ASKED:
            patch.setenv(name, "not asked")
        return read_lago(service)
