from odoo import fields, models


class ApiKeyWizard(models.TransientModel):
    """Asks what a new API key is for, and shows it."""

    _name = "fusion.billing.api.key.wizard"
    _description = "New API Key"

    service_id = fields.Many2one("fusion.billing.service", required=True, readonly=True)
    name = fields.Char("Used by", required=True)
    expires_at = fields.Datetime("Expires")

    def action_create(self):
        """Make the key and open the dialog that shows it, once."""
        self.ensure_one()
        key = self.service_id.issue_api_key(self.name, self.expires_at)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("The New Key"),
            "res_model": "fusion.billing.api.key.shown",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": key},
        }


class ApiKeyShown(models.AbstractModel):
    """A key on the screen. It has no table: a key is stored nowhere."""

    _name = "fusion.billing.api.key.shown"
    _description = "New API Key, Shown Once"

    id = fields.Id()
    key = fields.Char(readonly=True)
