from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..doors.prefect import DoorError, read_address
from .fusion_billing_flow_run import ADDRESS, LOGIN


class ResConfigSettings(models.TransientModel):
    """Where Prefect is. Its login goes in and never comes out again."""

    _inherit = "res.config.settings"

    fc_prefect_url = fields.Char(
        "Prefect", config_parameter=ADDRESS, help="Like https://prefect.example.com"
    )
    fc_prefect_login = fields.Char(
        "Prefect's Login",
        compute="_compute_fc_prefect_login",
        inverse="_inverse_fc_prefect_login",
        help="As in PREFECT_SERVER_API_AUTH_STRING, like admin:secret. It is never shown; a new "
        "one takes the place of the old one.",
    )
    fc_prefect_has_login = fields.Boolean(compute="_compute_fc_prefect_login")

    @api.depends("company_id")
    def _compute_fc_prefect_login(self):
        known = bool(self.env["ir.config_parameter"].sudo().get_param(LOGIN))
        for settings in self:
            settings.fc_prefect_login = False
            settings.fc_prefect_has_login = known

    def _inverse_fc_prefect_login(self):
        for settings in self:
            if settings.fc_prefect_login:
                store = settings.env["ir.config_parameter"]
                store.set_param(LOGIN, settings.fc_prefect_login.strip())

    @api.constrains("fc_prefect_url")
    def _check_fc_prefect_url(self):
        for settings in self.filtered("fc_prefect_url"):
            try:
                read_address(settings.fc_prefect_url)
            except DoorError as error:
                raise ValidationError(str(error)) from None

    def action_forget_prefect_login(self):
        """Forget the login: Prefect is asked without one."""
        self.env["ir.config_parameter"].set_param(LOGIN, False)
        return {"type": "ir.actions.client", "tag": "reload"}
