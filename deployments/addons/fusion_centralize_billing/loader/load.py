"""One bundle, from the wire to the answer."""

from odoo.exceptions import UserError

from .bundle import Bundle
from .customers import CustomerLoader
from .metrics import check_metrics, load_metrics
from .orders import OrderLoader, end_orders
from .plans import PlanLoader
from .row import FAILED


def load_rows(service, bundle: Bundle) -> None:
    """Give every row of the bundle its outcome.

    Args:
        service: In a superuser environment of its company, to which the records belong; none
            if the bundle's is unknown.
        bundle: The parsed bundle.

    Raises:
        UserError: One of its metrics is malformed.
    """
    if not service:
        _fail_all(bundle, "unknown_service", "Odoo has no active service of this code.")
        return
    if service.phase == "live":
        _fail_all(
            bundle,
            "service_live",
            f"{service.name} is live in Odoo: a shadow copy is not loaded over it any more.",
        )
        return
    env = service.env
    if wrong := check_metrics(env, bundle.metrics):
        raise UserError(wrong)
    load_metrics(env, service, bundle.metrics)
    PlanLoader(env, service, bundle.full_compare).load(bundle.plans)
    CustomerLoader(env, service, bundle.full_compare).load(bundle.customers)
    OrderLoader(env, service, bundle.full_compare).load(bundle.orders, bundle.plans)
    end_orders(env, service, bundle.ended)


def _fail_all(bundle: Bundle, code: str, message: str) -> None:
    for row in bundle.rows():
        if row.outcome != FAILED:
            row.fail(code, message)
