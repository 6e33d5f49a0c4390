"""Plans of one subscription alone, on which what was agreed for it stands; no list shows them."""

from odoo.addons.fusion_centralize_billing.models.sale_order_status import CURRENT

from .errors import UNSUPPORTED, InvalidError
from .pricing import MODEL, copy_charge


def own_plan(call, order):
    """Return the plan of one subscription alone, made from the one that it is on if need be.

    What changes in the plan that others are on leaves it as it is.
    """
    plan = order.x_fc_service_plan_id
    if plan.parent_id:
        return plan
    own = plan.copy(
        {
            "parent_id": plan.id,
            "code": f"{plan.code} (agreed {order.id})",
            "external_id": f"{plan.external_id} (agreed {order.id})",
            "api_values": plan.api_values,
        }
    )
    for charge in plan._main_charges():
        copy_charge(call, charge, own)
    for fixed in plan.fixed_charge_ids:
        fixed.copy({"plan_id": own.id, "units": units_of(order, fixed)})
    order.x_fc_nexacloud_plan_id = own.external_id
    keys = [plan.external_id, own.external_id]
    call.env[MODEL]._follow_orders(call.service, keys)
    return own


def units_of(order, fixed) -> float:
    """Return how many units of a fixed charge a subscription has: its plan's, unless agreed."""
    agreed = (order.x_fc_api_values or {}).get("units", {}).get(fixed.code)
    return fixed.units if agreed is None or fixed.plan_id.parent_id else float(agreed)


def check_cascade(call, plan, values: dict) -> None:
    """Refuse to change what was agreed for subscriptions along with their plan.

    Raises:
        InvalidError: That is asked for, and there is such a subscription.
    """
    own = values.get("cascade_updates") and plan.child_ids
    if own and call.env["sale.order"].search_count(
        [
            ("x_fc_service_id", "=", call.service.id),
            ("x_fc_nexacloud_plan_id", "in", own.mapped("external_id")),
            ("x_fc_status", "in", CURRENT),
        ],
        limit=1,
    ):
        raise InvalidError({"cascade_updates": [UNSUPPORTED]})
