from odoo import api, fields, models

from ..reconciling.batch import parse_batch
from ..reconciling.load import load_lines
from .import_wizard import replayed


class ImportWizard(models.TransientModel):
    """The lines on which Odoo and the outside do not agree."""

    _inherit = "fusion.billing.import.wizard"

    @api.model
    def load_reconciliation(self, batch):
        """Store the differences of a reconciliation; answer counts and what failed.

        The same lines again change nothing; other figures replace, leave a trail, and open a
        resolved line again. The run's last batch settles what it did not name. A dry run
        does all of it and rolls it back.

        Raises:
            UserError: The batch is malformed; nothing was loaded.
            AccessError: The user is not in the Importer group.
        """
        env = self._importer_env()
        batch = parse_batch(batch)
        env.flush_all()
        with self._kept_unless(batch.dry_run), replayed():
            service = self._service(env, batch.service)
            answer = load_lines(service.env, service, batch)
            env.flush_all()
        return answer


class ReconciliationResolve(models.TransientModel):
    """Asks why a difference is accepted."""

    _name = "fusion.billing.reconciliation.resolve"
    _description = "Resolve Differences"

    line_ids = fields.Many2many(
        "fusion.billing.reconciliation", "fusion_billing_resolve_rel", string="Differences"
    )
    note = fields.Text("Why is the difference accepted?", required=True)

    def action_resolve(self):
        """Resolve the lines with the note."""
        return self.line_ids.resolve(self.note)
