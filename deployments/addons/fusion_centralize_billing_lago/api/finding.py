"""Records of a service by the ids that it uses. What is another service's is not found."""

from odoo.tools import SQL

from .errors import TAKEN, InvalidError, NotFoundError
from .inputs import Listing, Text
from .lago_id import record_id_of
from .objects import PLAN


def find_link(call, external_id: str):
    """Return the service's account link.

    Raises:
        NotFoundError: It has none of this id, or deleted it.
    """
    link = any_link(call, external_id)
    if not link or link.deleted_at:
        raise NotFoundError("customer")
    return link


def any_link(call, external_id: str):
    """Return the service's account link, a deleted one too; possibly empty."""
    links = call.env["fusion.billing.account.link"]
    if "\0" in external_id:
        return links
    return links.search([*call.mine, ("external_id", "=", external_id)], limit=1)


def asked_link(call, wanted: dict):
    """Return the account link of the customer whose records a list is asked for.

    Returns:
        The link, empty if the filter names none that there is; None: those of all customers.

    Raises:
        NotFoundError: The path names a customer that there is not.
    """
    if "external_id" in call.path:
        return find_link(call, call.path["external_id"])
    if "external_customer_id" in wanted:
        return any_link(call, wanted["external_customer_id"])
    return None


def asked_for(call, wanted: dict, field: str | None = "link_id") -> list:
    """Return the conditions of a list by customer, currency and billing entity.

    Args:
        call: The request.
        wanted: The filters that came.
        field: That names the customer; None: it is not looked at.

    Raises:
        NotFoundError: The path names a customer that there is not.
    """
    link = asked_link(call, wanted) if field else None
    domain = [] if link is None else [(field, "=", link.id or 0)]
    if "currency" in wanted:
        domain.append(("currency_id.name", "=", wanted["currency"].upper()))
    # A service is its only billing entity.
    codes = wanted.get("billing_entity_codes")
    if codes and call.service.code not in codes:
        domain.append(("id", "=", 0))
    return domain


def find_plan(call, code: str):
    """Return the service's plan.

    Raises:
        NotFoundError: It has none of this code.
    """
    return find_code(call, PLAN, code, ("parent_id", "=", False))


def find_code(call, table, code: str, *more: tuple):
    """Return the record of the service that has this code.

    Args:
        call: The request.
        table: Shows it.
        code: The code.
        more: Further conditions.

    Raises:
        NotFoundError: There is none.
    """
    records = call.env[table.model].browse()
    if "\0" not in code:
        records = records.search([*call.mine, ("code", "=", code), *more], limit=1)
    if not records:
        raise NotFoundError(table.root)
    return records


def check_free(call, table, values: dict, record=None, *, archived: bool = False) -> None:
    """Refuse a code that another record of the service has.

    Args:
        call: The request.
        table: Shows the records.
        values: That may name a code.
        record: Whose code it is to be; None: a new one's.
        archived: Records that are archived hold theirs.

    Raises:
        InvalidError: It is taken.
    """
    code = values.get("code")
    if not code or (record and code == record.code):
        return
    every = call.env[table.model].with_context(active_test=not archived)
    if every.search_count([*call.mine, ("code", "=", code)]):
        raise InvalidError({"code": [TAKEN]})


def find_metric(call, code: str):
    """Return a metric that the service counts by: its own, or one of the house.

    Raises:
        NotFoundError: There is none of this code.
    """
    metric = call.env["fusion.billing.metric"]._by_code(call.service).get(code)
    # A part of another metric's events is no metric of the app's.
    if not metric or metric.event_code:
        raise NotFoundError("billable_metric")
    return metric


def metric_of_id(call, text: str):
    """Return a metric that the service counts by from its Lago id, possibly empty."""
    metrics = call.env["fusion.billing.metric"]
    record_id = record_id_of(metrics._name, text)
    if not record_id:
        return metrics
    return metrics._of_service(call.service).filtered(lambda metric: metric.id == record_id)


def subscriptions_named(call, external_id: str):
    """Return the service's orders of this external id, the newest first."""
    orders = call.env["sale.order"]
    if "\0" in external_id:
        return orders
    orders.flush_model(["x_fc_service_id", "x_fc_external_id", "x_fc_nexacloud_subscription_id"])
    query = SQL(
        """
        SELECT id FROM sale_order
        WHERE x_fc_service_id = %s
            AND COALESCE(x_fc_nexacloud_subscription_id, x_fc_external_id) = %s
        ORDER BY id DESC
        """,
        call.service.id,
        external_id,
    )
    return orders.browse(order_id for (order_id,) in call.env.execute_query(query))


def find_subscription(call, external_id: str, *statuses: str):
    """Return the service's newest order of this external id in the first status that there is.

    Raises:
        NotFoundError: It has none in any.
    """
    orders = subscriptions_named(call, external_id)
    for status in statuses:
        for order in orders:
            if order.x_fc_status == status:
                return order
    raise NotFoundError("subscription")


def find_by_id(call, table, text: str, domain: list | None = None):
    """Return the record of a Lago id that is the service's.

    Args:
        call: The request.
        table: Shows it.
        text: The id.
        domain: What is the service's; None: what names it.

    Raises:
        NotFoundError: There is none.
    """
    record_id = record_id_of(table.model, text)
    own = call.mine if domain is None else domain
    found = record_id and call.env[table.model].search([("id", "=", record_id), *own], limit=1)
    if not found:
        raise NotFoundError(table.root)
    return found


def entity_query() -> dict:
    """Return the filter by billing entity that Lago's lists have: a service is its only one."""
    return {"billing_entity_codes[]": Listing(Text())}


def check_entity(call, values: dict) -> None:
    """Refuse another billing entity than the service itself.

    Raises:
        NotFoundError: There is none of this code.
    """
    code = values.get("billing_entity_code")
    if code and code != call.service.code:
        raise NotFoundError("billing_entity")


def check_tax_codes(call, values: dict):
    """Return the tax codes that values name.

    Raises:
        InvalidError: The service has no tax of a code, or the code stands for none yet.
    """
    codes = call.env["fusion.billing.tax.code"]
    named = values.get("tax_codes")
    if not named:
        return codes
    found = codes.search([*call.mine, ("code", "in", named)])
    ready = found.filtered(lambda one: one.tax_ids or one.no_tax)
    if set(named) - set(ready.mapped("code")):
        raise InvalidError({"tax_codes": ["tax_code_not_found"]})
    return found
