"""Prepare a database; runs in Odoo's own Python, started by `deployments.local.odoo_template`.

`prepare.py base CONFIG DATABASE` installs Odoo with a Canadian company;
`prepare.py addons CONFIG DATABASE NAME...` installs or upgrades these addons.
"""

import sys

from odoo import SUPERUSER_ID, api  # type: ignore[import-not-found]
from odoo.modules.registry import Registry  # type: ignore[import-not-found]
from odoo.tools import config  # type: ignore[import-not-found]

COMPANY = "NexaSystems"
TIMEZONE = "America/Toronto"


def prepare_base(database: str) -> None:
    """Create the company first: the chart of accounts is chosen by its country."""
    registry = Registry.new(database, update_module=True, install_modules=["base"])
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        dollar = env.ref("base.CAD")
        dollar.active = True
        company = env.ref("base.main_company")
        company.partner_id.tz = TIMEZONE
        company.write(
            {
                "name": COMPANY,
                "country_id": env.ref("base.ca").id,
                "state_id": env.ref("base.state_ca_on").id,
                "currency_id": dollar.id,
            }
        )
    registry = Registry.new(database, update_module=True, install_modules=["sale_management"])
    with registry.cursor() as cr:
        build_assets(api.Environment(cr, SUPERUSER_ID, {}))


def build_assets(env: api.Environment) -> None:
    """Build the scripts and styles of the pages that people open first.

    Odoo builds them on demand, which lets the first visitor wait for half a minute.
    """
    views = env["ir.qweb"]
    for bundles, kind in zip(views._get_bundles_to_pregenarate(), ("js", "css"), strict=True):
        for name in sorted(bundles):
            if name.startswith("web.") and "test" not in name:
                bundle = views._get_asset_bundle(name, css=kind == "css", js=kind == "js")
                getattr(bundle, kind)()


def prepare_addons(database: str, names: list[str]) -> None:
    """Install the addons that are new to the database and upgrade the others."""
    Registry.new(database, update_module=True, install_modules=names, upgrade_modules=names)


def main() -> None:
    """Dispatch on the first argument."""
    step, settings, database, *names = sys.argv[1:]
    config.parse_config(["-c", settings], setup_logging=True)
    if step == "base":
        prepare_base(database)
    else:
        prepare_addons(database, names)


if __name__ == "__main__":
    main()
