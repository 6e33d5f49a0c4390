from odoo import models
from odoo.exceptions import AccessError


class SaleOrder(models.Model):
    """What a customer may do in the portal, as far as the plan lets them."""

    _inherit = "sale.order"

    def _portal_close(self):
        """Close the subscription for its customer."""
        self._check_self_service("user_closable")
        return self.set_close()

    def _portal_pause(self):
        """Pause the subscription for its customer."""
        self._check_self_service("pausable_by_user")
        return self.pause_subscription()

    def _portal_resume(self):
        """Let a paused subscription go on for its customer."""
        self._check_self_service("pausable_by_user")
        return self.resume_subscription()

    def _portal_extend(self):
        """Make a renewal for the customer, and confirm it."""
        self._check_self_service("user_extend")
        renewal = self.browse(self.prepare_renewal_order()["res_id"])
        return renewal.action_confirm()

    def _check_self_service(self, option):
        if not self.plan_id[option]:
            raise AccessError(self.env._("The plan does not let customers do this."))
