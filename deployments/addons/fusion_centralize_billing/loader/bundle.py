"""A bundle as it comes over the wire, checked for its shape and cut into rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from odoo import _
from odoo.exceptions import UserError

from .fingerprint import fingerprint
from .order_lines import LINE
from .row import Row

BUNDLE_FORMAT = 1

_BUNDLE = {
    "service": str,
    "run": (str, type(None)),
    "key": str,
    "mapping_version": int,
    "dry_run": bool,
    "full_compare": bool,
    "plans": list,
    "customers": list,
}
_PLAN = frozenset(["external_id", "code", "name", "currency", "active", "flat_prices", "charges"])
_CHARGE = frozenset(
    ["metric", "included_quota", "unit_batch", "price_per_unit", "charge_model", "currency"]
)
_TIER = frozenset({"up_to"})
_MINIMUM = frozenset({"amount", "name"})
_CUSTOMER = frozenset(
    [
        "external_id",
        "name",
        "email",
        "company_name",
        "phone",
        "street",
        "city",
        "region",
        "postal_code",
        "country_code",
        "stripe_customer_id",
        "active",
        "orders",
    ]
)
_ORDER = frozenset(
    [
        "external_id",
        "subscription_id",
        "deployment_id",
        "plan_id",
        "plan_code",
        "name",
        "cycle",
        "price",
        "currency",
        "started_on",
        "period_start",
        "period_end",
    ]
)
_ENDED = frozenset({"external_id", "ended_at"})

_CREDIT = frozenset(["external_id", "kind", "amount", "currency"])

_CONTAINERS = frozenset(
    [
        "orders",
        "charges",
        "flat_prices",
        "tiers",
        "lines",
        "emails",
        "tax_codes",
        "group",
        "minimum",
        "opening_credits",
    ]
)
# What decides about an order's taxes and terms, if its customer has it.
_OF_CUSTOMER = ("tax_exempt", "tax_codes", "vat", "payment_term_days")
_MAX_KEY = 200


@dataclass(frozen=True, slots=True)
class Bundle:
    """A checked bundle; ``orders`` belong to ``customers`` by ``Row.parent``.

    ``ended`` are orders whose subscription is over in the source.
    """

    service: str
    run: str | None
    key: str
    dry_run: bool
    full_compare: bool
    metrics: list[dict]
    plans: list[Row]
    customers: list[Row]
    orders: list[Row]
    ended: list[Row]

    def rows(self) -> Iterator[Row]:
        """Yield every row in the order of the bundle: plans, then each customer and theirs.

        Of the ended, those that have a shadow order here.
        """
        yield from self.plans
        orders = iter(self.orders)
        for customer in self.customers:
            yield customer
            for _order in customer.data["orders"]:
                yield next(orders)
        yield from (row for row in self.ended if row.outcome)


def parse_bundle(bundle: object) -> Bundle:
    """Return the bundle's rows with their fingerprints.

    Raises:
        UserError: The bundle has not the shape of format 1. Nothing of it was loaded; a
            wrong *value* of a row fails that row alone, later.
    """
    if not isinstance(bundle, dict) or bundle.get("format") != BUNDLE_FORMAT:
        raise UserError(
            _(
                "The bundle is not of format %(bundle_format)s; nothing was loaded.",
                bundle_format=BUNDLE_FORMAT,
            )
        )
    for name, kind in _BUNDLE.items():
        if name not in bundle or not isinstance(bundle[name], kind):
            raise UserError(_("The bundle's '%(name)s' is missing or of a wrong type.", name=name))
    for name in ("metrics", "ended"):
        if not isinstance(bundle.get(name, []), list):
            raise UserError(_("The bundle's '%(name)s' is of a wrong type.", name=name))
    version = bundle["mapping_version"]
    plans = [_plan_row(data, version) for data in bundle["plans"]]
    customers, orders = [], []
    for data in bundle["customers"]:
        customer = _customer_row(data, version)
        customers.append(customer)
        orders.extend(_order_row(order, customer, version) for order in data["orders"])
    ended = [_ended_row(data) for data in bundle.get("ended", [])]
    for rows in (plans, customers, [*orders, *ended]):
        _refuse_repeats(rows)
    return Bundle(
        service=bundle["service"],
        run=bundle["run"],
        key=bundle["key"],
        dry_run=bundle["dry_run"],
        full_compare=bundle["full_compare"],
        metrics=bundle.get("metrics", []),
        plans=plans,
        customers=customers,
        orders=orders,
        ended=ended,
    )


def _check_keys(entity: str, data: object, keys: frozenset) -> None:
    if not isinstance(data, dict) or not keys <= data.keys():
        missing = ", ".join(sorted(keys - set(data))) if isinstance(data, dict) else "all"
        raise UserError(
            _(
                "A %(entity)s of the bundle lacks %(missing)s; nothing was loaded.",
                entity=entity,
                missing=missing,
            )
        )
    for name, value in data.items():
        if isinstance(value, (list, dict)) and name not in _CONTAINERS:
            raise UserError(
                _(
                    "The %(name)s of a %(entity)s is a list; nothing was loaded.",
                    name=name,
                    entity=entity,
                )
            )
    if "external_id" in keys and not _is_key(data["external_id"]):
        raise UserError(
            _(
                "A %(entity)s of the bundle has no usable external_id; nothing was loaded.",
                entity=entity,
            )
        )


def _is_key(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_KEY and value.isprintable()


def _plan_row(data: dict, version: int) -> Row:
    _check_keys("plan", data, _PLAN)
    if not isinstance(data["charges"], list) or not isinstance(data["flat_prices"], dict):
        raise UserError(_("A plan's 'charges' or 'flat_prices' is of a wrong type."))
    if data.get("minimum") is not None:
        _check_keys("minimum", data["minimum"], _MINIMUM)
    for charge in data["charges"]:
        _check_keys("charge", charge, _CHARGE)
        if not isinstance(charge.get("tiers", []), list):
            raise UserError(_("The tiers of a charge are not a list; nothing was loaded."))
        for tier in charge.get("tiers", []):
            _check_keys("tier", tier, _TIER)
    return Row("plan", data["external_id"], data, fingerprint(version, data))


def _customer_row(data: dict, version: int) -> Row:
    _check_keys("customer", data, _CUSTOMER)
    if not isinstance(data["orders"], list):
        raise UserError(_("A customer's 'orders' is not a list; nothing was loaded."))
    credits = data.get("opening_credits", [])
    if not isinstance(credits, list):
        raise UserError(_("A customer's 'opening_credits' is not a list; nothing was loaded."))
    for credit in credits:
        _check_keys("opening credit", credit, _CREDIT)
    own = {name: value for name, value in data.items() if name != "orders"}
    return Row("customer", data["external_id"], data, fingerprint(version, own))


def _order_row(data: dict, customer: Row, version: int) -> Row:
    """Return an order's row; the customer's place is part of it, as it decides the tax."""
    _check_keys("order", data, _ORDER)
    if not isinstance(data.get("lines", []), list):
        raise UserError(_("An order's 'lines' is not a list; nothing was loaded."))
    for line in data.get("lines", []):
        _check_keys("line", line, LINE)
    place = (
        customer.external_id,
        customer.data["country_code"],
        customer.data["region"],
        customer.data["postal_code"],
    )
    theirs = {name: customer.data[name] for name in _OF_CUSTOMER if name in customer.data}
    mark = fingerprint(version, data, place, *([theirs] if theirs else []))
    return Row("order", data["external_id"], data, mark, parent=customer)


def _ended_row(data: dict) -> Row:
    _check_keys("ended order", data, _ENDED)
    return Row("order", data["external_id"], data, "")


def _refuse_repeats(rows: list[Row]) -> None:
    """Fail a row whose id came before: it would break its own key, not another load's."""
    seen = set()
    for row in rows:
        if row.external_id in seen:
            row.fail("invalid_value", "The same id stands in the bundle twice; only once loads.")
        seen.add(row.external_id)
