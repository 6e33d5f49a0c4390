"""Add-ons: what is sold once, or beside a plan."""

from odoo.fields import Command

from ..call import Call
from ..currencies import check_currency, find_currency
from ..finding import check_free, check_tax_codes, find_code
from ..inputs import CURRENCY, Listing, Shape, Text, Whole
from ..objects import ADD_ON
from ..objects.values import major
from ..paging import listed
from ..routing import route

VALUES = Shape(
    {
        "name": Text(),
        "invoice_display_name": Text(),
        "code": Text(),
        "amount_cents": Whole(0, 10**10),
        "amount_currency": CURRENCY,
        "description": Text(2000),
        "tax_codes": Listing(Text()),
    },
    mandatory=("name", "code", "amount_cents", "amount_currency"),
)


@route("POST", "/add_ons", ADD_ON.one, body=VALUES)
def create(call: Call) -> dict:
    """Create an add-on: a product of Odoo."""
    values = call.body()
    check_free(call, ADD_ON, values)
    currency = find_currency(call, values, "amount_currency")
    fields = _fields(call, values, currency)
    product = call.env["product.product"].create(
        {
            "name": values["name"],
            "default_code": f"{call.service.code}:addon:{values['code']}",
            "list_price": fields["amount"] if currency == call.currency else 0.0,
            "type": "service",
            "invoice_policy": "order",
        }
    )
    own = {
        "service_id": call.service.id,
        "currency_id": currency.id,
        "product_id": product.id,
    }
    return ADD_ON.answer(call.env[ADD_ON.model].create({**own, **fields}))


@route("GET", "/add_ons/{code}", ADD_ON.one)
def find(call: Call) -> dict:
    """Find an add-on."""
    return ADD_ON.answer(find_code(call, ADD_ON, call.path["code"]))


@route("GET", "/add_ons", ADD_ON.page)
def list_(call: Call) -> dict:
    """List add-ons."""
    return listed(call, ADD_ON, call.mine)


@route("PUT", "/add_ons/{code}", ADD_ON.one, body=VALUES.partial())
def update(call: Call) -> dict:
    """Change an add-on; what is billed already keeps its price."""
    add_on = find_code(call, ADD_ON, call.path["code"])
    values = {name: value for name, value in call.body().items() if value is not None}
    check_free(call, ADD_ON, values, add_on)
    check_currency(values, add_on.currency_id)
    fields = _fields(call, values, add_on.currency_id)
    add_on.write(fields)
    product = {"name": fields.get("name")}
    if add_on.currency_id == call.currency:
        product["list_price"] = fields.get("amount")
    add_on.product_id.write({name: value for name, value in product.items() if value is not None})
    return ADD_ON.answer(add_on)


@route("DELETE", "/add_ons/{code}", ADD_ON.one)
def destroy(call: Call) -> dict:
    """Delete an add-on; what was sold of it stays."""
    add_on = find_code(call, ADD_ON, call.path["code"])
    shown = ADD_ON.show(add_on)
    add_on.write({"active": False})
    add_on.product_id.write({"active": False})
    return {"add_on": shown}


def _fields(call: Call, values: dict, currency) -> dict:
    plain = ("name", "code", "description", "invoice_display_name")
    fields = {name: values[name] for name in plain if name in values}
    if "amount_cents" in values:
        fields["amount"] = major(values["amount_cents"], currency)
    if "tax_codes" in values:
        fields["tax_code_ids"] = [Command.set(check_tax_codes(call, values).ids)]
    return fields
