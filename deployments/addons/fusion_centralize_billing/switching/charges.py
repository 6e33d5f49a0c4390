"""Charges follow the live orders of their plan: linked with the first, unlinked after the last.

A charge belongs to a plan, and a plan to live customers and shadows alike. Linked, it may
charge; whom it charges the order decides, and a shadow never is.
"""

from odoo.tools import SQL

_HAS_LIVE_ORDER = SQL(
    """
    EXISTS (
        SELECT FROM sale_order so
        WHERE so.x_fc_service_id = plan.service_id
            AND so.x_fc_nexacloud_plan_id = plan.external_id
            AND so.state = 'sale' AND so.x_fc_shadow IS NOT TRUE
    )
    """
)


def follow_orders(env, service, plan_keys) -> None:
    """Link or unlink the charges of these plans, as their orders now are.

    They are linked to the monthly recurring plan: what is included is meant per month,
    whatever the order's own cycle.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        plan_keys: External ids of the plans.
    """
    env.flush_all()
    query = SQL(
        """
        SELECT charge.id, %s, charge.plan_id IS NOT NULL FROM fusion_billing_charge charge
        JOIN fusion_billing_plan plan ON plan.id = charge.service_plan_id
        WHERE plan.service_id = %s AND plan.external_id = ANY(%s)
        """,
        _HAS_LIVE_ORDER,
        service.id,
        [key for key in set(plan_keys) if key],
    )
    charges = env["fusion.billing.charge"]
    wrong = [
        (charge_id, live) for charge_id, live, linked in env.execute_query(query) if live != linked
    ]
    monthly = env.ref("fusion_centralize_billing.subscription_plan_monthly")
    charges.browse([charge_id for charge_id, live in wrong if live]).write({"plan_id": monthly.id})
    charges.browse([charge_id for charge_id, live in wrong if not live]).write({"plan_id": False})
