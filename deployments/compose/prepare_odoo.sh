#!/bin/bash
# Prepare Odoo's database; a second run upgrades our addons.
set -euo pipefail

connection=(--database=odoo --no-http --db_host="$HOST" --db_user="$USER"
    --db_password="$PASSWORD" --addons-path=/mnt/addons_community,/mnt/addons)
ours=sale_subscription,fusion_centralize_billing

# The chart of accounts follows the company's country: set that before accounting comes in.
odoo "${connection[@]}" --init=base --stop-after-init
odoo shell "${connection[@]}" <<'PYTHON'
import os

dollar = env.ref("base.CAD")
dollar.active = True
company = env.ref("base.main_company")
if company.country_id != env.ref("base.ca"):
    company.write(
        {
            "name": "NexaSystems",
            "country_id": env.ref("base.ca").id,
            "state_id": env.ref("base.state_ca_on").id,
            "currency_id": dollar.id,
        }
    )
    company.partner_id.tz = "America/Toronto"
env.ref("base.user_admin").password = os.environ["ODOO_ADMIN_PASSWORD"]
env.cr.commit()
PYTHON
odoo "${connection[@]}" --init=sale_management --stop-after-init
odoo "${connection[@]}" --init="$ours" --update="$ours" --stop-after-init

# The flows load and meter; they are no administrator, and nobody who decides.
odoo shell "${connection[@]}" <<'PYTHON'
import os

users = env["res.users"].with_context(no_reset_password=True)
values = {
    "name": "Billing flows",
    "password": os.environ["IMPORTER_PASSWORD"],
    "group_ids": [(6, 0, env.ref("fusion_centralize_billing.group_importer").ids)],
}
user = users.search([("login", "=", "billing")])
user.write(values) if user else users.create({"login": "billing", **values})
env.cr.commit()
PYTHON
