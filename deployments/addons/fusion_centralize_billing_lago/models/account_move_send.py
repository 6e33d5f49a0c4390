from odoo import api, models

from ..webhooks.tell_invoices import tell_documents


class AccountMoveSend(models.AbstractModel):
    """Documents of invoices that apps are told of."""

    _inherit = "account.move.send"

    @api.model
    def _link_invoice_documents(self, invoices_data):
        result = super()._link_invoice_documents(invoices_data)
        moves = self.env["account.move"].sudo().union(*invoices_data)
        tell_documents(moves.filtered("invoice_pdf_report_id"))
        return result
