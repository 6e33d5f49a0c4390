"""Rated usage on the order that it is charged by: one line for each metric and period."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from odoo.addons.fusion_centralize_billing.loader.halving import load_in_halves
from odoo.addons.fusion_centralize_billing.periods.calendar import day_of

from .aggregation import QUANTITY_STEP
from .rated import RatedLine, failure


@dataclass(slots=True, eq=False)
class Bill:
    """A rating on its way to the order; ``order_line_id`` stays None where nothing is due."""

    rating_id: int
    line: RatedLine
    order_line_id: int | None = None
    code: str | None = None
    message: str | None = None

    def fail(self, code: str, message: str) -> None:
        """Note why the rating stays a preview."""
        self.code, self.message = code, message

    def answer(self) -> dict:
        """Return the row of the answer for a rating that could not be billed."""
        line = self.line
        return failure(line.subscription, line.code, line.start, self.code, self.message)


class OrderLines:
    """Adds the lines of one page.

    Args:
        env: Superuser environment in the service's company.
    """

    def __init__(self, env) -> None:
        # Odoo would note every line in the order's chatter.
        self.env = env(context={**env.context, "sale_no_log_for_new_lines": True})

    def add(self, due: list[tuple[int, RatedLine]]) -> list[Bill]:
        """Create a line for each rating that costs something; what is refused has a code."""
        bills = [Bill(rating_id, line) for rating_id, line in due]
        load_in_halves(self.env, [bill for bill in bills if bill.line.amount], self._create)
        return bills

    def _create(self, bills: list[Bill]) -> None:
        created = self.env["sale.order.line"].create([self._values(bill.line) for bill in bills])
        self.env.flush_all()
        for bill, order_line in zip(bills, created, strict=True):
            bill.order_line_id = order_line.id

    def _values(self, line: RatedLine) -> dict:
        order = self.env["sale.order"].browse(line.subscription.id)
        quantity, price = quantity_and_price(line)
        if order.x_fc_service_id.source == "lago":
            quantity, price = whole_cents(line, quantity, price)
        zone = line.subscription.calendar.zone
        first, end = (day_of(moment, zone) for moment in (line.start, line.end))
        product = line.charge.product_id
        name = product.name if line.charge.metric_id else line.charge.name
        return {
            "order_id": line.subscription.id,
            "product_id": product.id,
            "name": f"{name}\n{first} to {end} (not included): {line.explanation}",
            "product_uom_qty": float(quantity),
            "price_unit": float(price),
            **self._taxes(line, order),
        }

    @staticmethod
    def _taxes(line: RatedLine, order) -> dict:
        """Return the taxes that the service names; the fiscal position decides otherwise."""
        if order.x_fc_account_link_id.tax_exempt:
            return {}
        if line.charge.taxes_told:
            return {"tax_ids": line.charge.tax_ids.ids}
        return {"tax_ids": order.x_fc_tax_ids.ids} if order.x_fc_taxes_told else {}


def quantity_and_price(line: RatedLine) -> tuple[Decimal, Decimal]:
    """Return what an order line shows of a rating.

    Batches at the charge's rate, if they give the rating's amount to the last digit and cent;
    otherwise 1 at that amount.
    """
    charge = line.charge
    price = Decimal(repr(charge.price_per_unit))
    with localcontext(prec=60):
        batches = (line.overage_units / charge.unit_batch).quantize(
            QUANTITY_STEP, rounding=ROUND_HALF_UP
        )
        product = batches * price
        same = all(
            product.quantize(step, rounding=ROUND_HALF_UP)
            == line.amount.quantize(step, rounding=ROUND_HALF_UP)
            for step in (QUANTITY_STEP, line.cent)
        )
    return (batches, price) if same else (Decimal(1), line.amount)


def whole_cents(line: RatedLine, quantity: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
    """Return what an order line shows of a rating of a service that is billed as Lago bills.

    Lago rounds each fee, and an invoice is the sum of its fees; Odoo rounds the sum of its lines.
    So a line that is no whole cents is shown as 1 at the fee.
    """
    fee = line.amount.quantize(line.cent, rounding=ROUND_HALF_UP)
    return (quantity, price) if quantity * price == fee else (Decimal(1), fee)
