from odoo import api, fields, models
from odoo.exceptions import UserError

from ..crediting import coupons, credit_notes, wallets
from ..webhooks.tell_invoices import tell_deleted, tell_documents, tell_lost_dispute
from ..webhooks.telling import note

#: What the API makes that bills no order.
KINDS = [("one_off", "One-off"), ("credit", "Prepaid Credits"), ("credit_note", "Credit Note")]


class AccountMove(models.Model):
    """Invoices and credit notes of services: made over the API, lowered by credits, told of."""

    _name = "account.move"
    _inherit = ["account.move", "fusion.billing.protected"]
    _protected_fields = frozenset({"x_fc_link_id", "x_fc_kind", "x_fc_shadow", "x_fc_api_values"})

    x_fc_link_id = fields.Many2one(
        "fusion.billing.account.link",
        "Billed Account",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The account of a service that asked for this.",
    )
    x_fc_kind = fields.Selection(KINDS, "Asked for by Service", readonly=True, copy=False)
    x_fc_shadow = fields.Boolean(
        "Shadow",
        readonly=True,
        copy=False,
        help="The service itself bills this account still: it cannot be posted.",
    )
    x_fc_api_values = fields.Json("Told by Service", readonly=True, copy=False)

    def _post(self, soft=True):
        for move in self:
            if move.x_fc_shadow:
                raise UserError(
                    self.env._(
                        "%s is a shadow: its customer is still billed by the service itself.",
                        move.display_name,
                    )
                )
        coupons.lower(self)
        posted = super()._post(soft=soft)
        coupons.note_used(posted)
        credit_notes.use(posted)
        wallets.use(posted)
        return posted

    def button_cancel(self):
        result = super().button_cancel()
        self.sudo().invoice_line_ids.x_fc_applied_coupon_id._note_used()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        note(moves.filtered(lambda move: move.move_type == "out_invoice"))
        return moves

    def write(self, vals):
        result = super().write(vals)
        if not {"state", "invoice_date_due"}.isdisjoint(vals):
            note(self)
        return result

    def unlink(self):
        tell_deleted(self.sudo())
        return super().unlink()

    def _compute_field_value(self, field):
        # Payments change it without a write.
        result = super()._compute_field_value(field)
        if field.name == "payment_state":
            note(self)
        return result

    def _fc_tell_lost_dispute(self):
        """Tell the app that a customer's bank took a payment back for good."""
        tell_lost_dispute(self)


class AccountMoveLine(models.Model):
    """What a line has to do with an account of a service, if it bills no order."""

    _name = "account.move.line"
    _inherit = ["account.move.line", "fusion.billing.protected"]
    _protected_fields = frozenset({"x_fc_link_id", "x_fc_fee_line_id", "x_fc_applied_coupon_id"})

    x_fc_link_id = fields.Many2one(
        "fusion.billing.account.link",
        "Billed Account",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    x_fc_add_on_id = fields.Many2one(
        "fusion.billing.add.on", "Add-on", readonly=True, copy=False, ondelete="restrict"
    )
    x_fc_fee_line_id = fields.Many2one(
        "account.move.line",
        "Credits Line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    x_fc_applied_coupon_id = fields.Many2one(
        "fusion.billing.applied.coupon",
        "Coupon",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )


class AccountMoveSend(models.AbstractModel):
    """Documents of invoices that apps are told of."""

    _inherit = "account.move.send"

    @api.model
    def _link_invoice_documents(self, invoices_data):
        result = super()._link_invoice_documents(invoices_data)
        moves = self.env["account.move"].sudo().union(*invoices_data)
        tell_documents(moves.filtered("invoice_pdf_report_id"))
        return result
