"""The orders of a service and all that they bill, as Odoo's plain read calls tell them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tasks.clients.odoo.connection import Odoo
from tasks.model.money import exact
from tasks.model.records import Customer, Order
from tasks.model.rows import compact, cut
from tasks.model.source import Row

_ORDER = (
    "x_fc_external_id",
    "x_fc_shadow",
    "state",
    "currency_id",
    "start_date",
    "next_invoice_date",
    "end_date",
    "fiscal_position_id",
)
_LINE = (
    "order_id",
    "x_fc_external_id",
    "x_fc_ends_on",
    "x_fc_by_hand",
    "price_unit",
    "technical_price_unit",
    "product_uom_qty",
    "discount",
    "tax_ids",
)
#: Values that one call looks for.
_VALUES = 1_000


@dataclass(frozen=True, slots=True)
class Expected:
    """An order as it was mapped, its customer, and the company's country (None: not set)."""

    order: Order
    customer: Customer
    home: str | None


@dataclass(frozen=True, slots=True)
class HeldOrders:
    """What Odoo holds: a row per order, and one per line of it or of what should be there."""

    orders: tuple[Row, ...]
    lines: tuple[Row, ...]


def held_orders(odoo: Odoo, service: str, expected: Mapping[str, Expected]) -> HeldOrders:
    """Read the orders of the service that are expected, with their lines.

    Args:
        odoo: The door.
        service: The service's code.
        expected: By external id.
    """
    ours = [("x_fc_service_id.code", "=", service)]
    tokens = odoo.has_field("sale.order", "payment_token_id")
    fields = [*_ORDER, *(["payment_token_id"] if tokens else [])]
    read = search_among(odoo, "sale.order", ours, "x_fc_external_id", expected, fields)
    found = tuple(compact(("id", *fields), read))
    times = Counter(row["x_fc_external_id"] for row in found)
    lines = _lines(odoo, service, [row["id"] for row in found])
    codes = _tax_codes(odoo, service)
    chosen = _chosen_positions(odoo)
    orders = (
        _order_row(row, expected[key].order, lines.get(row["id"], ()), times[key])
        for row in found
        if (key := row["x_fc_external_id"])
    )
    held = (
        line
        for row in found
        for line in _line_rows(
            expected[row["x_fc_external_id"]],
            lines.get(row["id"], ()),
            codes,
            is_chosen=bool(row["fiscal_position_id"]) and row["fiscal_position_id"][0] in chosen,
        )
    )
    return HeldOrders(tuple(compact(None, orders)), tuple(compact(None, held)))


def search_among(
    odoo: Odoo,
    model: str,
    domain: list[Any],
    field: str,
    values: Collection[Any],
    fields: list[str],
    *,
    names: bool = True,
) -> Iterator[dict[str, Any]]:
    """Read the matching records whose field has one of the values, some hundred values a call."""
    for some in cut(values, _VALUES):
        yield from odoo.search_pages(model, [*domain, (field, "in", some)], fields, names=names)


def _order_row(row: Row, order: Order, lines: Sequence[Row], times: int) -> dict[str, Any]:
    flat = [line for line in lines if not line["x_fc_external_id"]]
    return {
        "odoo_id": row["id"],
        "external_id": order.external_id,
        "state": row["state"],
        "payment_token": bool(row.get("payment_token_id")),
        "shadow": row["x_fc_shadow"],
        "price": sum(
            (exact(line["price_unit"]) * exact(line["product_uom_qty"]) for line in flat),
            Decimal(0),
        ),
        "expected_price": order.price,
        # Odoo takes it for one that a person set, and computes no other.
        "price_protected": all(
            line["technical_price_unit"] != line["price_unit"] for line in lines
        ),
        "currency": row["currency_id"][1] if row["currency_id"] else None,
        "expected_currency": order.currency,
        "starts": row["start_date"] or None,
        "expected_starts": order.started_on.isoformat(),
        "next_invoice": row["next_invoice_date"] or None,
        "expected_next_invoice": order.period_end.isoformat() if order.period_end else None,
        "ends": row["end_date"] or None,
        "expected_ends": order.ends_on.isoformat() if order.ends_on else None,
        "lines": len(lines),
        "expected_lines": 1 + len(order.lines),
        "times": times,
    }


def _line_rows(
    expected: Expected,
    lines: Sequence[Row],
    codes: Mapping[str, list[int]],
    *,
    is_chosen: bool,
) -> list[dict[str, Any]]:
    """Lay each wanted line beside the one that Odoo has under its id; None is not there."""
    order, customer = expected.order, expected.customer
    held: dict[str, Row] = {line["x_fc_external_id"] or "": line for line in lines}
    nothing: Row = {}
    # The taxes that a line should have are those told, else those of the flat price.
    flat = held.get("", nothing).get("tax_ids")
    wanted: list[tuple[str, Decimal, Decimal, date | None, tuple[str, ...] | None]] = [
        ("", order.price, Decimal(1), None, None)
    ]
    wanted += [
        (line.external_id, line.price, line.quantity, line.ends_on, line.tax_codes)
        for line in order.lines
    ]
    # Of a fiscal position that a person chose it is known what it does.
    at_home = bool(expected.home) and customer.country_code == expected.home and not is_chosen
    rows = []
    for key, price, quantity, ends_on, tax_codes in wanted:
        found = held.get(key, nothing)
        told = next(
            (each for each in (tax_codes, order.tax_codes, customer.tax_codes) if each is not None),
            None,
        )
        taxes = flat if told is None else [tax for code in told for tax in codes.get(code, [])]
        rows.append(
            {
                "key": f"{order.external_id} / {key}" if key else order.external_id,
                "price": _number(found.get("price_unit")),
                "expected_price": price,
                "quantity": _number(found.get("product_uom_qty")),
                "expected_quantity": quantity,
                "discount": _number(found.get("discount")),
                "expected_discount": Decimal(0),
                "by_hand": bool(found.get("x_fc_by_hand")),
                "ends": found.get("x_fc_ends_on") or None,
                "expected_ends": ends_on.isoformat() if ends_on else None,
                "taxes": _text(found.get("tax_ids")),
                "expected_taxes": _text(taxes),
                "taxed_at_home": bool(found.get("tax_ids"))
                if at_home and not key and told is None
                else None,
            }
        )
    return rows


def _text(taxes: Sequence[int] | None) -> str | None:
    return None if taxes is None else ", ".join(map(str, sorted(set(taxes))))


def _number(value: float | None) -> Decimal | None:
    return None if value is None else exact(value)


def _lines(odoo: Odoo, service: str, orders: Collection[int]) -> dict[int, list[Row]]:
    """Return each order's lines; usage on a live order is none of the copy's."""
    lines: dict[int, list[Row]] = {}
    usage = _usage_lines(odoo, service, orders)
    ours = [("display_type", "=", False)]
    found = search_among(
        odoo, "sale.order.line", ours, "order_id", orders, list(_LINE), names=False
    )
    for row in compact(_LINE, (row for row in found if row["id"] not in usage)):
        lines.setdefault(row["order_id"], []).append(row)
    return lines


def _usage_lines(odoo: Odoo, service: str, orders: Collection[int]) -> set[int]:
    billed = [("service_id.code", "=", service)]
    found = search_among(
        odoo,
        "fusion.billing.rating",
        billed,
        "order_line_id.order_id",
        orders,
        ["order_line_id"],
        names=False,
    )
    return {row["order_line_id"] for row in found}


def _chosen_positions(odoo: Odoo) -> frozenset[int]:
    """Give the fiscal positions that Odoo finds for nobody by itself."""
    by_hand = [("auto_apply", "=", False)]
    return frozenset(
        row["id"] for row in odoo.search_pages("account.fiscal.position", by_hand, ["id"])
    )


def _tax_codes(odoo: Odoo, service: str) -> dict[str, list[int]]:
    ours = [("service_id.code", "=", service)]
    found = odoo.search_pages("fusion.billing.tax.code", ours, ["code", "tax_ids"])
    return {row["code"]: row["tax_ids"] for row in found}
