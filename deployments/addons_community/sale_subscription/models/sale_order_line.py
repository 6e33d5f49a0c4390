from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models


class SaleOrderLine(models.Model):
    """The lines of a subscription: those of recurring products are invoiced once a period."""

    _inherit = "sale.order.line"

    def _is_recurring(self):
        """Tell whether the line is billed again in each period."""
        return bool(
            self.order_id.plan_id and self.product_id.recurring_invoice and not self.display_type
        )

    @api.depends("order_id.plan_id")
    def _compute_pricelist_item_id(self):
        result = super()._compute_pricelist_item_id()
        for line in self.filtered(lambda one: one._is_recurring()):
            for rule in line.order_id.pricelist_id.item_ids:
                if rule.plan_id == line.order_id.plan_id and rule._is_applicable_for(
                    line.product_id, line.product_uom_qty
                ):
                    line.pricelist_item_id = rule
                    break
        return result

    @api.depends("order_id.plan_id")
    def _compute_price_unit(self):  # pylint: disable=missing-return
        """Recompute a recurring price that nobody set, also when it was invoiced before."""
        recurring = self.filtered(lambda one: one._is_recurring() and one.product_uom_id)
        super(SaleOrderLine, self - recurring)._compute_price_unit()
        force = self.env.context.get("force_price_recomputation")
        for line in recurring:
            currency = (
                line.currency_id or line.company_id.currency_id or self.env.company.currency_id
            )
            if force or not currency.compare_amounts(line.technical_price_unit, line.price_unit):
                line.with_context(sale_write_from_compute=True)._reset_price_unit()

    @api.depends("order_id.plan_id")
    def _compute_discount(self):
        return super()._compute_discount()

    @api.depends("order_id.subscription_state", "product_id.recurring_invoice")
    def _compute_qty_to_invoice(self):
        result = super()._compute_qty_to_invoice()
        for line in self.filtered(lambda one: one._is_recurring() and one.state == "sale"):
            if line.order_id.subscription_state == "7_upsell":
                continue
            if line.order_id.subscription_state != "3_progress":
                line.qty_to_invoice = 0
            elif line.product_id.invoice_policy == "order":
                line.qty_to_invoice = line.product_uom_qty
            else:
                line.qty_to_invoice = line.qty_delivered
        return result

    def _next_period(self):
        """Return first and last day of the period that the next invoice bills, and its share.

        The share is 1 but for the first period of a plan that is aligned to the month.
        """
        order, plan = self.order_id, self.order_id.plan_id
        first = order.next_invoice_date
        last = first + plan._billing_period() - timedelta(days=1)
        if plan.billing_first_day and first.day > 1 and plan.billing_period_unit != "week":
            end = first + relativedelta(months=1, day=1)
            share = (end - first).days / ((last - first).days + 1)
            return first, end - timedelta(days=1), share
        return first, last, 1.0

    def _prepare_invoice_line(self, **optional_values):
        values = super()._prepare_invoice_line(**optional_values)
        order = self.order_id
        if not order.is_subscription or self.display_type:
            return values
        values["subscription_id"] = order.id
        if order.subscription_state == "3_progress" and self._is_recurring():
            first, last, share = self._next_period()
            values.update(
                deferred_start_date=first,
                deferred_end_date=last,
                name=f"{values['name']}\n{first:%m/%d/%Y} to {last:%m/%d/%Y}",
                price_unit=values["price_unit"] * share,
            )
        return values
