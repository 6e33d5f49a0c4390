"""Taxes: codes of the service, each for a tax of Odoo."""

from odoo.fields import Command

from ..call import Call
from ..finding import check_free, find_code
from ..inputs import Credits, Flag, Shape, Text
from ..objects import TAX
from ..paging import listed
from ..routing import route

VALUES = Shape(
    {
        "name": Text(),
        "code": Text(),
        "rate": Credits(100),
        "description": Text(),
        "applied_to_organization": Flag(),
    },
    mandatory=("name", "code", "rate"),
)


@route("POST", "/taxes", TAX.one, body=VALUES)
def create(call: Call) -> dict:
    """Create a tax: the company's tax of this rate, or a new one of it."""
    values = call.body()
    check_free(call, TAX, values)
    code = call.env[TAX.model].create({"service_id": call.service.id, **_fields(call, values)})
    return TAX.answer(code)


@route("GET", "/taxes/{code}", TAX.one)
def find(call: Call) -> dict:
    """Find a tax."""
    return TAX.answer(find_code(call, TAX, call.path["code"]))


@route("GET", "/taxes", TAX.page)
def list_(call: Call) -> dict:
    """List taxes."""
    return listed(call, TAX, call.mine)


@route("PUT", "/taxes/{code}", TAX.one, body=VALUES.partial())
def update(call: Call) -> dict:
    """Change a tax; what is billed already keeps its own."""
    code = find_code(call, TAX, call.path["code"])
    values = {name: value for name, value in call.body().items() if value is not None}
    check_free(call, TAX, values, code)
    code.write(_fields(call, values))
    return TAX.answer(code)


@route("DELETE", "/taxes/{code}", TAX.one)
def destroy(call: Call) -> dict:
    """Delete a code; the company's tax stays."""
    code = find_code(call, TAX, call.path["code"])
    shown = TAX.show(code)
    code.unlink()
    return {"tax": shown}


def _fields(call: Call, values: dict) -> dict:
    plain = ("name", "code", "description", "applied_to_organization")
    fields = {name: values[name] for name in plain if name in values}
    if "rate" in values:
        tax = _tax(call, values)
        # A rate of 0 is a tax as well: what it is on is told.
        fields |= {"tax_ids": [Command.set(tax.ids)], "no_tax": False}
    return fields


def _tax(call: Call, values: dict):
    """Return the company's tax on sales of a rate, made if it has none."""
    taxes, rate = call.env["account.tax"], float(values["rate"])
    found = taxes.search(
        [
            ("company_id", "=", call.company.id),
            ("type_tax_use", "=", "sale"),
            ("amount_type", "=", "percent"),
            ("amount", "=", rate),
            ("price_include", "=", False),
        ],
        order="sequence, id",
        limit=1,
    )
    return found or taxes.create(
        {
            "name": f"{call.service.name}: {values.get('name') or rate} ({rate:g} %)",
            "amount": rate,
            "amount_type": "percent",
            "type_tax_use": "sale",
            "price_include_override": "tax_excluded",
            "company_id": call.company.id,
        }
    )
