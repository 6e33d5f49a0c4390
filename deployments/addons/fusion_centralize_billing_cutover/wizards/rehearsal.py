from odoo import api, models
from odoo.exceptions import UserError

from ..switching.health import look
from ..switching.rehearsal import rehearse, sample_of

MAX_CUSTOMERS = 100


class ImportWizard(models.TransientModel):
    """The first invoices, before anybody is switched."""

    _inherit = "fusion.billing.import.wizard"

    @api.model
    def rehearse(self, service, customers, billed_until=None):
        """Return the first invoices of customers as Odoo would make them; nothing of it stays.

        Raises:
            UserError: The service is unknown, or the customers are no list of a sensible length.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        if (
            not isinstance(customers, list)
            or len(customers) > MAX_CUSTOMERS
            or not all(isinstance(one, str) for one in customers)
            or len(set(customers)) < len(customers)
            or not isinstance(billed_until or {}, dict)
        ):
            raise UserError(
                self.env._(
                    "A rehearsal names at most %(max_customers)s customers, each once.",
                    max_customers=MAX_CUSTOMERS,
                )
            )
        return {"rows": rehearse(service, customers, billed_until)}

    @api.model
    def look_at_odoo(self, service, customers=5):
        """Return what is found of Odoo's settings, and the first invoices of some customers.

        Changes nothing: the invoices are made and taken back.

        Raises:
            UserError: The service is unknown, or too many customers are asked for.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        if not 0 <= customers <= MAX_CUSTOMERS:
            raise UserError(
                self.env._("A sample has at most %(most)s customers.", most=MAX_CUSTOMERS)
            )
        sample = sample_of(service, customers)
        return {
            "findings": look(service.env, service, self.env.user),
            "rehearsal": rehearse(service, sample),
        }
