"""What subscriptions need that behave as Odoo Enterprise's do."""

from odoo import SUPERUSER_ID, api


def migrate(cr, _version):
    """Give our plans their settings, products their policy, prices and billed days protection."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["sale.subscription.plan"]._fc_set_up()
    plans = env["fusion.billing.plan"].with_context(active_test=False).search([])
    (plans.flat_product_id | plans.overage_product_id).write({"invoice_policy": "order"})
    env.flush_all()
    cr.execute(
        """
        UPDATE sale_order_line line SET technical_price_unit = -1
        FROM sale_order so WHERE so.id = line.order_id AND so.x_fc_service_id IS NOT NULL
        """
    )
    cr.execute(
        """
        UPDATE sale_order SET x_fc_billed_until = next_invoice_date
        WHERE x_fc_service_id IS NOT NULL AND x_fc_shadow IS NOT TRUE AND state = 'sale'
            AND x_fc_billed_until IS NULL
        """
    )
