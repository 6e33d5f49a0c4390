import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import split_every

from ..metering.sent import rate_sent

_logger = logging.getLogger(__name__)
_PAGE = 500


class SaleOrder(models.Model):
    """A subscription's usage and what it costs, invoiced monthly whatever its cycle is.

    Odoo takes a line that does not recur along with the next recurring invoice: that of a yearly
    subscription may be a year away, and one that is closed, paused or renewed has none.
    """

    _inherit = "sale.order"

    x_fc_usage_changed_at = fields.Datetime(
        "Usage Changed",
        readonly=True,
        copy=False,
        help="When the usage of this running subscription was last loaded or billed.",
    )
    x_fc_usage_count = fields.Integer(compute="_compute_usage_counts")
    x_fc_rating_count = fields.Integer(compute="_compute_usage_counts")

    def _compute_usage_counts(self):
        usage = self._count_by_subscription("fusion.billing.usage")
        ratings = self._count_by_subscription("fusion.billing.rating")
        for order in self:
            order.x_fc_usage_count = usage.get(order.id, 0)
            order.x_fc_rating_count = ratings.get(order.id, 0)

    def _count_by_subscription(self, model):
        """Return how many records of ``model`` each order has; none a user may not see."""
        if not self.env[model].has_access("read"):
            return {}
        groups = self.env[model]._read_group(
            [("subscription_id", "in", self.ids)], ["subscription_id"], ["__count"]
        )
        return {order.id: count for order, count in groups}

    def action_open_usage(self):
        """Open the usage of this subscription."""
        return self._open_of_subscription("fusion_billing_usage_action")

    def action_open_ratings(self):
        """Open the ratings of this subscription."""
        return self._open_of_subscription("fusion_billing_rating_action")

    def _open_of_subscription(self, name):
        self.ensure_one()
        xmlid = f"fusion_centralize_billing_usage.{name}"
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("subscription_id", "=", self.id)]
        action["context"] = {}
        return action

    def _create_invoices(self, grouped=False, final=False, date=None):
        self._fc_rate_sent()
        return super()._create_invoices(grouped=grouped, final=final, date=date)

    def _fc_rate_sent(self, at=None):
        """Put on running orders what the usage costs that their services sent.

        NexaCloud's is rated by the flow that meters it, once it has all of it. Nobody else says
        when all has come: what is over when an invoice is due is on it.

        Args:
            at: Rate what is over at this moment; None: when the next invoice is due, or now.
        """
        ours = self.sudo().filtered(
            lambda order: (
                order.state == "sale"
                and not order.x_fc_shadow
                and order.x_fc_service_id.source == "lago"
            )
        )
        for service, orders in ours.grouped("x_fc_service_id").items():
            rate_sent(service.with_company(service.company_id), orders, at)

    @api.model
    def _cron_invoice_usage(self):
        """Invoice the usage that waits; an order that Odoo refuses keeps no other back."""
        running = [("state", "=", "sale"), ("x_fc_shadow", "!=", True)]
        sent = self.search([*running, ("x_fc_service_id.source", "=", "lago")], order="id")
        for orders in split_every(_PAGE, sent.ids, self.browse):
            orders._fc_rate_sent(fields.Datetime.now())
        waiting = self._fc_waiting_usage()
        for done, (order, lines) in enumerate(waiting.items(), start=1):
            try:
                with self.env.cr.savepoint():
                    order._fc_invoice_usage(lines)
            except UserError:
                _logger.exception("The usage of %s cannot be invoiced.", order.name)
            self.env["ir.cron"]._commit_progress(processed=1, remaining=len(waiting) - done)

    @api.model
    def _fc_waiting_usage(self):
        """Return the lines of rated usage that wait for an invoice of their own, by order.

        They wait if the next recurring invoice comes more than a month after the usage's period,
        or never.
        """
        self.env.flush_all()
        query = SQL(
            """
            SELECT line.id FROM fusion_billing_rating rating
            JOIN sale_order_line line ON line.id = rating.order_line_id
            JOIN sale_order so ON so.id = line.order_id
            WHERE rating.state = 'billed' AND so.state = 'sale' AND so.x_fc_shadow IS NOT TRUE
                AND line.qty_to_invoice != 0
                AND (so.subscription_state IS DISTINCT FROM '3_progress'
                     OR so.next_invoice_date IS NULL
                     OR so.end_date <= so.next_invoice_date
                     OR so.next_invoice_date > rating.period_end + INTERVAL '1 month 1 day')
            ORDER BY line.order_id, line.id
            """
        )
        lines = self.env["sale.order.line"].browse(
            line_id for (line_id,) in self.env.execute_query(query)
        )
        return lines.grouped("order_id")

    def _fc_invoice_usage(self, lines):
        """Post, charge and mail an invoice of these lines and nothing else; return it."""
        self.ensure_one()
        values = {
            **self._prepare_invoice(),
            "invoice_date": fields.Date.context_today(self),
            "invoice_line_ids": [
                fields.Command.create(line._prepare_invoice_line(sequence=place))
                for place, line in enumerate(lines)
            ],
        }
        move = self._create_account_invoices([values], final=False)
        move.action_post()
        self._fc_collect(move)
        return move


class FusionBillingTurn(models.Model):
    """Something to lock for each running subscription (``metering/turns.py``).

    Its order cannot be locked instead: the work itself writes that, over another connection.
    """

    _name = "fusion.billing.turn"
    _description = "Turn to Meter or Bill"
    _log_access = False

    subscription_id = fields.Many2one("sale.order", required=True, ondelete="cascade")

    _subscription_uniq = models.Constraint(
        "UNIQUE (subscription_id)", "A subscription has one turn."
    )
