"""What subscriptions need that behave as Odoo Enterprise's do, and where services are metered."""

from odoo import SUPERUSER_ID, api


def migrate(cr, _version):
    """Give our plans their settings, products their policy, prices and billed days protection.

    The service that the addon itself made is metered from its own database.
    """
    cr.execute(
        """
        UPDATE fusion_billing_service
           SET source = 'nexacloud'
         WHERE id IN (
            SELECT res_id FROM ir_model_data
             WHERE module = 'fusion_centralize_billing' AND name = 'service_nexacloud'
         )
        """
    )
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
