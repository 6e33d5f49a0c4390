"""The addon of cards comes along with the base: an upgrade installs it, as an installation does."""


def migrate(cr, _version):
    """Mark it and what it needs; Odoo installs them next."""
    cr.execute(
        """
        UPDATE ir_module_module SET state = 'to install'
        WHERE name IN ('payment_stripe', 'fusion_centralize_billing_cards')
            AND state = 'uninstalled'
        """
    )
