"""A service of Odoo that bills through Lago, made as the administrator and finance make it."""

from __future__ import annotations

from deployments.sample import memberships
from tests.flow_world import World


def make_service(world: World) -> None:
    """Make the service, and say which of Odoo's taxes the codes of Lago mean."""
    memberships.make_service(world.rpc())
