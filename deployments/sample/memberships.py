"""A service that bills through Lago, as its people make it.

``python -m deployments.sample.memberships``

An administrator makes the service, and finance says which of Odoo's taxes each code of Lago means.
Addresses come from the environment of the flows.
"""

from __future__ import annotations

import os

import odoorpc

from deployments.sample.lago.tenant.biller import TAXES
from deployments.sample.lago.tenant.defaults import SERVICE
from deployments.sample.pilot import log_in

NAME = "Memberships"
#: A code that finance has not mapped, so that a copy has something to say of it.
UNMAPPED = "unmapped"


def make_service(rpc: odoorpc.ODOO) -> bool:
    """Make the service with its taxes, unless it is there; says whether it was made."""
    if rpc.execute("fusion.billing.service", "search", [["code", "=", SERVICE]]):
        return False
    values = {"name": NAME, "code": SERVICE, "source": "lago"}
    service = rpc.execute("fusion.billing.service", "create", [values])[0]
    group = rpc.execute("account.tax.group", "search", [], 0, 1)[0]
    company = rpc.execute("res.company", "search_read", [], ["account_fiscal_country_id"])[0]
    country = company["account_fiscal_country_id"][0]
    for code, (name, percent) in TAXES.items():
        if code == UNMAPPED:
            continue
        row = {"service_id": service, "code": code, "no_tax": not percent}
        if percent:
            tax = {
                "name": name, "amount": float(percent), "type_tax_use": "sale",
                "tax_group_id": group, "country_id": country,
            }  # fmt: skip
            row["tax_ids"] = [(6, 0, rpc.execute("account.tax", "create", [tax]))]
        rpc.execute("fusion.billing.tax.code", "create", [row])
    return True


def main() -> None:
    """Make it in the Odoo of the environment."""
    made = make_service(log_in(os.environ))
    print(f"{NAME} is {'made' if made else 'there'}: its taxes are {len(TAXES) - 1} of Odoo's.")


if __name__ == "__main__":
    main()
