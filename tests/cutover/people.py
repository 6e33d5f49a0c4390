"""Second persons: a Manager beside the flows' account, who decides in Odoo under an own login."""

from __future__ import annotations

from typing import Any

import odoorpc

from tests.flow_world import World, log_in

WIZARD = "fusion.billing.import.wizard"
MANAGER = "fusion_centralize_billing.group_manager"
LOGIN, PASSWORD, NAME = "ada.roy", "correct-horse-battery", "Ada Roy"


def manager_rpc(world: World) -> odoorpc.ODOO:
    """Log in as a person of the Manager group, made when first asked for."""
    admin = world.rpc()
    if not admin.execute_kw("res.users", "search", [[("login", "=", LOGIN)]]):
        module, name = MANAGER.split(".")
        named = [("module", "=", module), ("name", "=", name)]
        (group,) = admin.execute_kw("ir.model.data", "search_read", [named, ["res_id"]])
        values = {
            "name": NAME,
            "login": LOGIN,
            "password": PASSWORD,
            "group_ids": [(4, group["res_id"])],
        }
        admin.execute_kw("res.users", "create", [values])
    return log_in(world.scratch, world.database, LOGIN, PASSWORD)


def decide(world: World, decision: str = "yes", note: str = "Looked at all of it.") -> Any:
    """Decide about the latest plan, waiving what it asks for less of, as a second person."""
    rpc = manager_rpc(world)
    (plan,) = rpc.execute_kw(
        "fusion.billing.cutover",
        "search_read",
        [[], ["key", "digest", "waivers"]],
        {"limit": 1, "order": "id desc"},
    )
    values = {
        "cutover": plan["key"],
        "digest": plan["digest"],
        "decision": decision,
        "waive": [line.partition(" ")[0] for line in (plan["waivers"] or "").splitlines()],
        "note": note,
    }
    return rpc.execute_kw(WIZARD, "approve", [values])
