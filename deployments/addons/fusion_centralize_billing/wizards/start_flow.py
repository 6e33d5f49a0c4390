from odoo import api, fields, models
from odoo.exceptions import UserError


class ImportWizard(models.TransientModel):
    """The door for people: a service's flow is started in Prefect, and followed here."""

    _inherit = "fusion.billing.import.wizard"

    service_id = fields.Many2one(
        "fusion.billing.service", default=lambda self: self._default_service()
    )
    what = fields.Selection(
        selection=lambda self: self.env["fusion.billing.flow.run"]._fields["what"].selection,
        default="backfill",
    )
    dry_run = fields.Boolean(
        default=True, help="All is done and taken back: the report says what would be."
    )

    @api.model
    def _default_service(self):
        found = self.env["fusion.billing.service"].search([], limit=2)
        return found if len(found) == 1 else found.browse()

    def action_start(self):
        """Start the flow's deployment in Prefect and show the run; again is the same run.

        Raises:
            UserError: Nothing was started, and why.
            AccessError: The user is no person of the Manager group.
        """
        self.ensure_one()
        if not self.service_id or not self.what:
            raise UserError(self.env._("Say which service, and what is to be done."))
        runs = self.env["fusion.billing.flow.run"]
        key = f"request-{self.id}"
        return runs._ask(key, self.service_id, self.what, dry_run=self.dry_run)._open()
