from odoo.exceptions import MissingError

from odoo.addons.portal.controllers.portal import CustomerPortal


class ShadowPortal(CustomerPortal):
    """The pages of customers: a shadow order is on none of them, whatever link they have."""

    def _document_check_access(self, model_name, document_id, access_token=None):
        document = super()._document_check_access(model_name, document_id, access_token)
        if model_name == "sale.order" and document.x_fc_shadow:
            raise MissingError(document.env._("This document does not exist."))
        return document
