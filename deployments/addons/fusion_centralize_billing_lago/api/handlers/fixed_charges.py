"""Fixed charges: add-ons that recur with a plan, each a line of every order of the plan."""

from decimal import Decimal

from odoo.fields import Command

from odoo.addons.fusion_centralize_billing.loader.order_lines import LineProducts
from odoo.addons.fusion_centralize_billing.models.sale_order_status import CURRENT

from ..call import Call
from ..errors import MANDATORY, TAKEN, UNSUPPORTED, InvalidError, NotFoundError, read_each, under
from ..finding import check_tax_codes, find_by_id, find_code, find_plan
from ..inputs import Choice, Credits, Flag, Free, Listing, Number, Shape, Text, Unsupported
from ..objects import ADD_ON, FIXED_CHARGE
from ..own_plans import check_cascade, units_of
from ..paging import listed
from ..routing import route

FIXED_TERMS = {
    "code": Text(),
    "invoice_display_name": Text(),
    "units": Credits(10**9),
    "charge_model": Choice(("standard",), ("graduated", "volume")),
    "properties": Free(),
    "pay_in_advance": Flag(),
    "prorated": Unsupported(),
    "apply_units_immediately": Unsupported(),
    "tax_codes": Listing(Text()),
}
FIXED = Shape({**FIXED_TERMS, "id": Text(40), "add_on_id": Text(40), "add_on_code": Text()})
NEW = Shape({**FIXED.fields, "cascade_updates": Flag()})
CHANGES = Shape({**FIXED_TERMS, "cascade_updates": Flag()})
_PRICE = Shape({"amount": Number(6, "invalid_amount")}, ("amount",))
#: What of Lago's document is refused.
PARTLY = "standard and whole ones"


@route("POST", "/plans/{code}/fixed_charges", FIXED_CHARGE.one, body=NEW, partly=PARTLY)
def create(call: Call) -> dict:
    """Add a fixed charge to a plan and to its subscriptions."""
    plan, values = find_plan(call, call.path["code"]), call.body()
    check_cascade(call, plan, values)
    charge = _new(call, plan, values)
    follow(call, plan)
    return FIXED_CHARGE.answer(charge)


@route("GET", "/plans/{code}/fixed_charges", FIXED_CHARGE.page)
def list_(call: Call) -> dict:
    """List a plan's fixed charges."""
    plan = find_plan(call, call.path["code"])
    return listed(call, FIXED_CHARGE, [("plan_id", "=", plan.id)], "id")


@route("GET", "/plans/{code}/fixed_charges/{fixed_charge_code}", FIXED_CHARGE.one)
def find(call: Call) -> dict:
    """Find a fixed charge of a plan."""
    return FIXED_CHARGE.answer(_found(call))


@route(
    "PUT",
    "/plans/{code}/fixed_charges/{fixed_charge_code}",
    FIXED_CHARGE.one,
    body=CHANGES,
    partly=PARTLY,
)
def update(call: Call) -> dict:
    """Change a fixed charge of a plan and of its subscriptions."""
    charge, values = _found(call), call.body()
    check_cascade(call, charge.plan_id, values)
    charge.write(fixed_fields(call, charge.plan_id, values, charge))
    follow(call, charge.plan_id)
    return FIXED_CHARGE.answer(charge)


@route("DELETE", "/plans/{code}/fixed_charges/{fixed_charge_code}", FIXED_CHARGE.one)
def destroy(call: Call) -> dict:
    """Remove a fixed charge from a plan and from its subscriptions."""
    charge = _found(call)
    plan, shown = charge.plan_id, FIXED_CHARGE.show(charge)
    charge.unlink()
    follow(call, plan)
    return {FIXED_CHARGE.root: shown}


def write_fixed_charges(call: Call, plan, charges: list[dict]) -> None:
    """Make a plan's fixed charges those that came, and its subscriptions' too.

    Raises:
        InvalidError: One cannot be taken; by index.
    """
    codes = set()

    def written(values: dict):
        add_on = _add_on(call, values)
        code = values.get("code") or add_on.code
        if code in codes:
            raise InvalidError({"code": [TAKEN]})
        codes.add(code)
        charge = plan.fixed_charge_ids.filtered(lambda one: one.code == code)
        if not charge:
            return _new(call, plan, values)
        charge.write(fixed_fields(call, plan, values, charge))
        return charge

    with under("fixed_charges"):
        kept = read_each(written, charges)
    (plan.fixed_charge_ids - plan.fixed_charge_ids.browse().union(*kept)).unlink()
    follow(call, plan)


def lines_told(plan) -> list[dict]:
    """Return a plan's fixed charges as the lines of an order that a load takes."""
    return [_line_told(charge) for charge in plan.fixed_charge_ids]


def _line_told(charge) -> dict:
    codes = charge.tax_code_ids or charge.add_on_id.tax_code_ids
    line = {
        "external_id": f"fixed:{charge.code}",
        "item": f"fixed:{charge.code}",
        "kind": "fixed_charge",
        "name": charge.invoice_display_name or charge.add_on_id.name,
        "quantity": text(charge.units),
        "price": text(charge.price),
        "ends_on": None,
    }
    return {**line, "tax_codes": codes.mapped("code")} if codes else line


def text(number: float) -> str:
    """Return a number in plain digits."""
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def follow(call: Call, plan) -> None:
    """Let the plan's subscriptions that are not over have its fixed charges and no others."""
    orders = call.env["sale.order"].search(
        [
            ("x_fc_service_id", "=", call.service.id),
            ("x_fc_nexacloud_plan_id", "=", plan.external_id),
            ("x_fc_status", "in", CURRENT),
        ]
    )
    charges = {f"fixed:{charge.code}": charge for charge in plan.fixed_charge_ids}
    product = LineProducts(call.env, call.service).get("fixed_charge") if orders else None
    for order in orders:
        lines = order.order_line.filtered(lambda line: line.x_fc_kind == "fixed_charge")
        gone = lines.filtered(lambda line: line.x_fc_item not in charges)
        _end(order, gone)
        for item, charge in charges.items():
            line = lines.filtered(lambda one, item=item: one.x_fc_item == item)[:1]
            values = {
                "product_uom_qty": units_of(order, charge),
                "price_unit": charge.price,
                "name": charge.invoice_display_name or charge.add_on_id.name,
                "x_fc_ends_on": False,
            }
            codes = charge.tax_code_ids or charge.add_on_id.tax_code_ids
            if codes and not order.x_fc_account_link_id.tax_exempt:
                values["tax_ids"] = [Command.set(codes.tax_ids.ids)]
            if line:
                line.write(values)
                continue
            fixed = {
                "product_id": product.id,
                "x_fc_external_id": item,
                "x_fc_item": item,
                "x_fc_kind": "fixed_charge",
            }
            order.write({"order_line": [Command.create({**fixed, **values})]})


def _end(order, lines) -> None:
    """Bill lines no more: those of a draft go, those of a running order end."""
    if order.state == "draft":
        lines.unlink()
    else:
        lines.write({"x_fc_ends_on": order.next_invoice_date})


def _new(call: Call, plan, values: dict):
    add_on = _add_on(call, values)
    code = values.get("code") or add_on.code
    if code in plan.fixed_charge_ids.mapped("code"):
        raise InvalidError({"code": [TAKEN]})
    own = {"plan_id": plan.id, "add_on_id": add_on.id, "code": code}
    return call.env[FIXED_CHARGE.model].create(
        {**own, **fixed_fields(call, plan, {**values, "code": code})}
    )


def _add_on(call: Call, values: dict):
    named = "add_on_id" if values.get("add_on_id") else "add_on_code"
    if not values.get(named):
        raise InvalidError({named: [MANDATORY]})
    find = find_by_id if named == "add_on_id" else find_code
    try:
        return find(call, ADD_ON, values[named])
    except NotFoundError:
        raise InvalidError({named: ["relation_must_exist"]}) from None


def fixed_fields(call: Call, plan, values: dict, charge=None) -> dict:
    """Return the fields of a fixed charge.

    Raises:
        InvalidError: A value cannot be taken.
    """
    if values.get("pay_in_advance") not in (None, plan._is_ahead()):
        # Each line of an order is due when its price is.
        raise InvalidError({"pay_in_advance": [UNSUPPORTED]})
    fields = {}
    if values.get("code"):
        fields["code"] = values["code"]
    if values.get("units") is not None:
        fields["units"] = float(values["units"])
    if "invoice_display_name" in values:
        fields["invoice_display_name"] = values["invoice_display_name"] or False
    if values.get("properties"):
        with under("properties"):
            fields["price"] = float(_PRICE.read(values["properties"])["amount"])
    elif charge is None:
        raise InvalidError({"properties": [MANDATORY]})
    if values.get("tax_codes") is not None:
        fields["tax_code_ids"] = [Command.set(check_tax_codes(call, values).ids)]
    return fields


def _found(call: Call):
    return named(call, find_plan(call, call.path["code"]))


def named(call: Call, plan):
    """Return the fixed charge of a plan that the path names.

    Raises:
        NotFoundError: The plan has none of this code.
    """
    code = call.path["fixed_charge_code"]
    found = plan.fixed_charge_ids.filtered(lambda one: one.code == code)
    if not found:
        raise NotFoundError("fixed_charge")
    return found
