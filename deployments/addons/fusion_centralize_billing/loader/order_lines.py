"""The lines of a shadow order: its plan's flat price, and what else recurs with it."""

from ..models.sale_order_line import KINDS, PROTECTED
from . import values
from .differences import differences
from .row import InvalidRowError
from .writing import made_once

#: Key of the flat price among an order's lines.
FLAT = False
_MAY_BE_NEGATIVE = "discount"
#: What every line of a bundle has.
LINE = frozenset(["external_id", "item", "kind", "name", "quantity", "price"])


class LineProducts:
    """One product for each kind of further line of a service, made when it is first needed.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
    """

    def __init__(self, env, service) -> None:
        self._env = env
        self._service = service
        self._found = {}

    def get(self, kind: str):
        """Return the product that bills lines of this kind."""
        if kind not in self._found:
            product = product_values(
                f"{self._service.name}: {KINDS[kind].lower()}",
                f"{self._service.code}:{kind}",
                0.0,
                recurring=True,
            )
            name = f"product_{self._service.id}_{kind}"
            self._found[kind] = made_once(self._env, "product.product", name, product)
        return self._found[kind]


def product_values(name: str, code: str, price: float, *, recurring: bool) -> dict:
    """Return the values of a product that bills a service."""
    return {
        "name": name,
        "default_code": code,
        "list_price": price,
        "type": "service",
        "recurring_invoice": recurring,
        # By what was delivered, Odoo would bill nothing: nobody delivers a service here.
        "invoice_policy": "order",
    }


def read_lines(data: dict, products: LineProducts, taxes_of) -> dict[str, dict]:
    """Return the values of an order's further lines by their ids.

    Args:
        data: The order, as it came.
        products: The service's.
        taxes_of: Gives the ids of the taxes for a line's data and product.

    Raises:
        InvalidRowError: A value is wrong, or an id is there twice: an order is never loaded with
            less than all of its lines.
    """
    found = {}
    for line in data.get("lines") or ():
        key = values.required_text(line, "external_id")
        if key in found:
            raise InvalidRowError("invalid_value", f"The line {key} stands in the order twice.")
        kind = line["kind"]
        if kind not in KINDS:
            raise InvalidRowError("invalid_value", f"A line is one of {', '.join(KINDS)}.")
        read_price = values.signed_amount if kind == _MAY_BE_NEGATIVE else values.amount
        product = products.get(kind)
        found[key] = {
            "x_fc_external_id": key,
            "x_fc_item": values.required_text(line, "item"),
            "x_fc_kind": kind,
            "x_fc_ends_on": values.optional_day(line, "ends_on"),
            "name": values.required_text(line, "name"),
            "product_id": product.id,
            "product_uom_qty": values.quantity(line, "quantity"),
            "price_unit": read_price(line, "price"),
            "technical_price_unit": PROTECTED,
            "discount": 0.0,
            "x_fc_discount": 0.0,
            "tax_ids": taxes_of(line, product),
        }
    return found


def line_edits(order, wanted: dict) -> tuple[list[tuple], list[dict], object]:
    """Compare an order's lines with those that it should have.

    A discount that a person set stays, whatever the source says.

    Args:
        order: The shadow order.
        wanted: Values by ``x_fc_external_id``; the flat price under ``FLAT``.

    Returns:
        Changed lines, each with what to write; values of those that are missing; and the lines
        that are too many.
    """
    lines, extra = {}, order.order_line.browse()
    for line in order.order_line:
        key = line.x_fc_external_id
        if line.display_type or key not in wanted or key in lines:
            extra |= line
        else:
            lines[key] = line
    edits = []
    for key, line in lines.items():
        target = wanted[key]
        if line.discount != line.x_fc_discount:
            target = {name: value for name, value in target.items() if name != "discount"}
        edits.append((line, differences(line, target)))
    missing = [target for key, target in wanted.items() if key not in lines]
    return [(line, changed) for line, changed in edits if changed], missing, extra
