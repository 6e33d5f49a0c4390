"""Accounts that invoices ask for from this version on."""

from odoo import SUPERUSER_ID, api

from odoo.addons.sale_subscription.hooks import set_deferred_accounts


def migrate(cr, _version):
    """Give each company the accounts that an installation gives."""
    set_deferred_accounts(api.Environment(cr, SUPERUSER_ID, {}))
