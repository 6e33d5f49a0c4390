"""What a shadow order holds, worked out for a whole bundle with few queries."""

from ..prices import PROTECTED
from . import values
from .plans import CYCLES
from .row import FAILED, InvalidRowError, Row
from .taxes import Taxes


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
        self.currency = service.company_id.currency_id
        self.taxes = Taxes(env, service.company_id)
        partners = env["res.partner"].browse({row.parent.odoo_id for row in rows})
        self.partners = {partner.id: partner for partner in partners}
        self.links = self._links(rows)
        self.plans = self._plans(rows, plans)
        self.recurrence = {
            cycle: env.ref(f"fusion_centralize_billing.subscription_plan_{cycle}").id
            for cycle in CYCLES
        }
        self.line_names = {}
        self.once = self._once()
        self.line_once = self._line_once()

    def _links(self, rows: list[Row]) -> dict[str, int]:
        """Return the ids of the customers' account links."""
        found = self.env["fusion.billing.account.link"].search_fetch(
            [
                ("service_id", "=", self.service.id),
                ("external_id", "in", [row.parent.external_id for row in rows]),
            ],
            ["external_id"],
        )
        return {link.external_id: link.id for link in found}

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
            # Prices come from the source; a price list could only change the currency.
            "pricelist_id": False,
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

    def _line_once(self) -> dict:
        rules = self.env["account.analytic.distribution.model"].search([], limit=1)
        return {} if rules else {"analytic_distribution": False}

    def read(self, row: Row) -> None:
        """Fill ``values`` (order), ``work["line"]``, and the two parts set only once.

        Raises:
            InvalidRowError: A value cannot be stored, or its plan is not here.
        """
        data = row.data
        plan = self.plans.get(values.required_text(data, "plan_code"))
        if not plan:
            raise InvalidRowError("plan_not_loaded", "Its plan was not loaded; see there why.")
        if data["currency"] != self.currency.name:
            raise InvalidRowError(
                "unknown_currency",
                f"The currency must be {self.currency.name}, the company's; "
                "no other is billed here.",
            )
        if data["cycle"] not in CYCLES:
            raise InvalidRowError("invalid_value", "cycle must be monthly or yearly.")
        values.day(data, "period_start")
        started, until = values.day(data, "started_on"), values.day(data, "period_end")
        if started and until and started > until:
            raise InvalidRowError(
                "period_invalid",
                f"It starts on {started}, after its period's end on {until}: correct one of the "
                "days in the source.",
            )
        partner = self.partners[row.parent.odoo_id]
        position = self.taxes.position(partner)
        row.values = {
            "partner_id": partner.id,
            "client_order_ref": values.text(data, "name"),
            "plan_id": self.recurrence[data["cycle"]],
            "start_date": values.day(data, "started_on"),
            "next_invoice_date": values.day(data, "period_end"),
            "fiscal_position_id": position.id,
            "payment_token_id": False,
            "require_signature": False,
            "require_payment": False,
            **self._source(row),
        }
        product = plan.flat_product_id
        row.work["line"] = {
            "product_id": product.id,
            "product_uom_qty": 1.0,
            "price_unit": values.amount(data, "price"),
            "technical_price_unit": PROTECTED,
            "discount": 0.0,
            "tax_ids": self.taxes.tax_ids(product, position),
        }
        row.work["line_once"] = {**self.line_once, "name": self._line_name(product)}
        row.work["once"] = {**self.once, **self._addresses(partner), "name": self._name(row)}

    def _source(self, row: Row) -> dict:
        return {
            "x_fc_shadow": True,
            "x_fc_service_id": self.service.id,
            "x_fc_external_id": row.external_id,
            "x_fc_account_link_id": self.links[row.parent.external_id],
            "x_fc_nexacloud_subscription_id": values.text(row.data, "subscription_id"),
            "x_fc_nexacloud_deployment_id": values.text(row.data, "deployment_id"),
            "x_fc_nexacloud_plan_id": values.text(row.data, "plan_id"),
        }

    def _name(self, row: Row) -> str:
        """Return a name that says where the order comes from and takes no number."""
        return f"{self.service.code.upper()}-{row.external_id[:13]}"

    def _line_name(self, product) -> str:
        """Return the description that Odoo gives a line of this product."""
        if product not in self.line_names:
            self.line_names[product] = product.get_product_multiline_description_sale()
        return self.line_names[product]

    @staticmethod
    def _addresses(partner) -> dict:
        if not partner.child_ids and not partner.parent_id:
            return {"partner_invoice_id": partner.id, "partner_shipping_id": partner.id}
        found = partner.address_get(["invoice", "delivery"])
        return {"partner_invoice_id": found["invoice"], "partner_shipping_id": found["delivery"]}
