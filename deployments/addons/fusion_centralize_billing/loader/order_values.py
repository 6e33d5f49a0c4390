"""What a shadow order holds, worked out for a whole bundle with few queries."""

from functools import cache
from operator import methodcaller

from ..models.sale_order_line import PROTECTED
from ..periods.calendar import CYCLES, midnight
from ..periods.stored import company_zone
from . import values
from .contact_terms import PaymentTerms
from .currencies import Currencies
from .order_lines import FLAT, LineProducts, read_lines
from .row import FAILED, InvalidRowError, Row
from .taxes import TaxCodes, Taxes

_BILLING_TIMES = ("anniversary", "calendar")


class OrderValues:
    """Turns order rows into field values.

    The values that Odoo would look up once per order (name, fiscal position, taxes,
    addresses, analytic distribution, default documents) are resolved once per bundle: that
    is what makes a load fast. They are the values that Odoo would find.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        rows: Order rows whose customers are loaded.
        plans: The plan rows of the bundle, loaded.
    """

    def __init__(self, env, service, rows: list[Row], plans: list[Row]) -> None:
        self.env = env
        self.service = service
        self.currencies = Currencies(env, service.company_id)
        self.tax_codes = TaxCodes(env, service)
        self.line_products = LineProducts(env, service)
        self.payment_terms = PaymentTerms(env, service.company_id)
        self.taxes = Taxes(env, service.company_id)
        self.zone = company_zone(service.company_id)
        partners = env["res.partner"].browse({row.parent.odoo_id for row in rows})
        self.partners = {partner.id: partner for partner in partners}
        links = env["fusion.billing.account.link"]
        self.links = links._by_account(service, {row.parent.external_id for row in rows})
        self.plans = self._plans(rows, plans)
        self.recurrence = {
            cycle: env.ref(f"fusion_centralize_billing.subscription_plan_{cycle}").id
            for cycle in CYCLES
        }
        # The description that Odoo gives a line of a product.
        self.line_name = cache(methodcaller("get_product_multiline_description_sale"))
        self.once = self._once()
        rules = env["account.analytic.distribution.model"].search([], limit=1)
        self.line_once = {} if rules else {"analytic_distribution": False}

    def _plans(self, rows: list[Row], plans: list[Row]) -> dict:
        failed = {row.data["code"] for row in plans if row.outcome == FAILED}
        codes = {row.data["plan_code"] for row in rows}
        wanted = [code for code in codes - failed if isinstance(code, str) and code.isprintable()]
        all_plans = self.env["fusion.billing.plan"].with_context(active_test=False)
        found = all_plans.search([("service_id", "=", self.service.id), ("code", "in", wanted)])
        return {plan.code: plan for plan in found}

    def _once(self) -> dict:
        """Return the values of every new order that a later load does not compare."""
        once = {
            "company_id": self.service.company_id.id,
            "user_id": False,
            "team_id": False,
            "validity_date": False,
            "campaign_id": False,
            "medium_id": False,
            "source_id": False,
        }
        if "quotation_document_ids" in self.env["sale.order"]._fields:
            once["quotation_document_ids"] = False
        return once

    def read(self, row: Row) -> None:
        """Fill ``values`` (order), ``work["line"]``, and the two parts set only once.

        Raises:
            InvalidRowError: A value cannot be stored, or its plan is not here.
        """
        data = row.data
        plan = self.plans.get(values.required_text(data, "plan_code"))
        if not plan:
            raise InvalidRowError("plan_not_loaded", "Its plan was not loaded; see there why.")
        currency = self.currencies.get(data["currency"])
        if currency != plan.currency_id:
            raise InvalidRowError(
                "unknown_currency", "Its currency is not its plan's; correct it in the source."
            )
        if data["cycle"] not in CYCLES:
            raise InvalidRowError("invalid_value", f"cycle must be one of {', '.join(CYCLES)}.")
        values.day(data, "period_start")
        started, until = values.day(data, "started_on"), values.day(data, "period_end")
        if started and until and started > until:
            raise InvalidRowError(
                "period_invalid",
                f"It starts on {started}, after its period's end on {until}: correct one of the "
                "days in the source.",
            )
        partner = self.partners[row.parent.odoo_id]
        exempt = values.optional_flag(row.parent.data, "tax_exempt", default=False)
        position = self.taxes.exempt if exempt else self.taxes.position(partner)
        row.values = {
            "partner_id": partner.id,
            "client_order_ref": values.text(data, "name"),
            # Prices come from the source; a price list only says the currency.
            "pricelist_id": self.currencies.price_list(currency).id,
            "plan_id": self.recurrence[data["cycle"]],
            "start_date": started,
            "next_invoice_date": until,
            "fiscal_position_id": position.id,
            "payment_token_id": False,
            "require_signature": False,
            "require_payment": False,
            **self._terms(row),
            **self._source(row),
        }
        row.work["lines"] = self._lines(row, plan.flat_product_id, position, exempt=exempt)
        row.work["once"] = {**self.once, **self._addresses(partner), "name": self._name(row)}
        days = row.parent.data.get("payment_term_days")
        if days is not None:
            row.values["payment_term_id"] = self.payment_terms.get(days).id

    def _lines(self, row: Row, product, position, *, exempt: bool) -> dict:
        """Return the values of the order's lines by their ids, the flat price first."""
        data, told = row.data, (row.data, row.parent.data)

        def taxes_of(line: dict, product) -> list[int]:
            named = None if exempt else self.tax_codes.of(line, *told)
            return self.taxes.tax_ids(product, position) if named is None else named

        discount = self._discount(data) if "discount" in data else 0.0
        flat = {
            "product_id": product.id,
            "product_uom_qty": 1.0,
            "price_unit": values.amount(data, "price"),
            "technical_price_unit": PROTECTED,
            "discount": discount,
            "tax_ids": taxes_of({}, product),
        }
        if discount:
            flat["x_fc_discount"] = discount
        lines = {FLAT: flat}
        if data.get("lines"):
            lines |= read_lines(data, self.line_products, taxes_of)
        row.work["line_once"] = {**self.line_once, "name": self.line_name(product)}
        named = None if exempt else self.tax_codes.of(*told)
        row.values["x_fc_taxes_told"] = named is not None
        row.values["x_fc_tax_ids"] = named or False
        return lines

    def _discount(self, data: dict) -> float:
        discount = values.percent(data, "discount")
        digits = self.env["decimal.precision"].precision_get("Discount")
        if round(discount, digits) != discount:
            raise InvalidRowError(
                "invalid_value",
                f"Odoo keeps {digits} decimals of a discount: give 'Discount' more under Decimal "
                "Accuracy, or round it in the source.",
            )
        return discount

    def _terms(self, row: Row) -> dict:
        """Return when the order is billed; what a plain row does not say is as for all of them."""
        data = row.data
        zone = values.zone(data, "timezone")
        billing_time = data.get("billing_time", "anniversary")
        if billing_time not in _BILLING_TIMES:
            raise InvalidRowError("invalid_value", "billing_time must be anniversary or calendar.")
        usage = data.get("usage_cycle")
        if usage is not None and usage not in CYCLES:
            raise InvalidRowError(
                "invalid_value", f"usage_cycle must be one of {', '.join(CYCLES)}."
            )
        ends_on = values.optional_day(data, "ends_on")
        return {
            "x_fc_billing_time": "calendar" if billing_time == "calendar" else False,
            "x_fc_anchor_on": values.optional_day(data, "anchor_on"),
            "x_fc_arrears": not values.optional_flag(data, "in_advance", default=True),
            "x_fc_trial_ends_on": values.optional_day(data, "trial_ends_on"),
            "x_fc_timezone": zone,
            "x_fc_usage_cycle": usage or False,
            "end_date": ends_on,
            "x_fc_ending_at": ends_on and midnight(ends_on, zone or self.zone),
        }

    def _source(self, row: Row) -> dict:
        return {
            "x_fc_shadow": True,
            "x_fc_service_id": self.service.id,
            "x_fc_external_id": row.external_id,
            "x_fc_account_link_id": self.links[row.parent.external_id].id,
            "x_fc_nexacloud_subscription_id": values.text(row.data, "subscription_id"),
            "x_fc_nexacloud_deployment_id": values.text(row.data, "deployment_id"),
            "x_fc_nexacloud_plan_id": values.text(row.data, "plan_id"),
        }

    def _name(self, row: Row) -> str:
        """Return a name that says where the order comes from and takes no number."""
        return f"{self.service.code.upper()}-{row.external_id[:13]}"

    @staticmethod
    def _addresses(partner) -> dict:
        if not partner.child_ids and not partner.parent_id:
            return {"partner_invoice_id": partner.id, "partner_shipping_id": partner.id}
        found = partner.address_get(["invoice", "delivery"])
        return {"partner_invoice_id": found["invoice"], "partner_shipping_id": found["delivery"]}
