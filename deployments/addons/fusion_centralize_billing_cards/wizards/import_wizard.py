from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import check_page
from odoo.addons.fusion_centralize_billing.wizards.import_wizard import replayed

from ..cards import MAX_ROWS, load_cards, page_of_accounts, read_rows


class ImportWizard(models.TransientModel):
    """Cards in: who has which, as Stripe says; see ``readme/USAGE.md``."""

    _inherit = "fusion.billing.import.wizard"

    @api.model
    def card_accounts(self, service, after_id=0, limit=500):
        """Return a page of a service's accounts: their Stripe customers and how they pay.

        Raises:
            UserError: The service is unknown, or the page of no sensible size.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        check_page(after_id, limit, MAX_ROWS)
        return page_of_accounts(service.env, service, after_id, limit)

    @api.model
    def load_cards(self, values):
        """Load the cards of accounts; loading them again changes nothing.

        They are linked to no order: the switch does that. A dry run does all of it and rolls it
        back.

        Raises:
            UserError: The batch is malformed, or Odoo has no provider Stripe.
            AccessError: The user is not in the Importer group.
        """
        env = self._importer_env()
        if not isinstance(values, dict):
            raise UserError(self.env._("The values are no object."))
        rows, dry_run = read_rows(values.get("rows")), values.get("dry_run") is True
        service = self._known_service(values.get("service"))
        with self._kept_unless(dry_run), replayed(self.env):
            loaded = load_cards(service.env, service, rows)
            env.flush_all()
        return {"rows": [row.answer(dry_run) for row in loaded], "dry_run": dry_run}
