"""A service of Odoo that bills through Lago, made as the administrator and finance make it."""

from __future__ import annotations

from deployments.sample.lago.tenant.defaults import SERVICE
from deployments.sample.lago.tenant.tax import TAXES
from tests.flow_world import World


def make_service(world: World) -> None:
    """Make the service, and say which of Odoo's taxes the codes of Lago mean."""
    rpc = world.rpc()
    values = {"name": "Memberships", "code": SERVICE, "source": "lago"}
    service = rpc.execute("fusion.billing.service", "create", [values])[0]
    group = rpc.execute("account.tax.group", "search", [], 0, 1)[0]
    company = rpc.execute("res.company", "search_read", [], ["account_fiscal_country_id"])[0]
    country = company["account_fiscal_country_id"][0]
    for code, (name, percent) in TAXES.items():
        if code == "unmapped":
            continue
        row = {"service_id": service, "code": code, "no_tax": not percent}
        if percent:
            tax = {
                "name": name, "amount": float(percent), "type_tax_use": "sale",
                "tax_group_id": group, "country_id": country,
            }  # fmt: skip
            row["tax_ids"] = [(6, 0, rpc.execute("account.tax", "create", [tax]))]
        rpc.execute("fusion.billing.tax.code", "create", [row])
