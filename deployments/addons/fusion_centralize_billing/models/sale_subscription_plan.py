from odoo import api, models

#: What our recurring plans say on purpose, where Odoo's own defaults would act for us.
SETTINGS = {
    # Reminders come first; a person, or the app, ends who does not pay.
    "auto_close_limit": 90,
    # Periods begin on the subscription's own day.
    "billing_first_day": False,
    # Customers end, pause and renew in their app, which tells Odoo.
    "user_closable": False,
    "user_extend": False,
    "pausable_by_user": False,
}
TEMPLATE = "invoice_mail_template_id"
LEAST_LIMIT = 30
_MODULE = "fusion_centralize_billing"


class SaleSubscriptionPlan(models.Model):
    """The recurring plans of this addon's orders: its own, never those that Odoo ships."""

    _inherit = "sale.subscription.plan"

    @api.model
    def _fc_own(self):
        """Return the plans that this addon brought, one a cycle."""
        ours = [("module", "=", _MODULE), ("model", "=", self._name)]
        return self.browse(self.env["ir.model.data"].sudo().search(ours).mapped("res_id")).exists()

    @api.model
    def _fc_set_up(self):
        """Give our plans their settings; at installation, so that finance may change them."""
        template = self.env.ref("account.email_template_edi_invoice", False)
        values = {**SETTINGS, TEMPLATE: template.id if template else False}
        self._fc_own().write(
            {name: value for name, value in values.items() if name in self._fields}
        )

    def _fc_faults(self):
        """Return a sentence for each setting that would end, charge or bother customers."""
        sentences = []
        for plan in self:
            missing = [name for name in (*SETTINGS, TEMPLATE) if name not in plan._fields]
            sentences += [
                f"{plan.name} has no field {name}: look at it by hand." for name in missing
            ]
            if "auto_close_limit" not in missing and plan.auto_close_limit < LEAST_LIMIT:
                sentences.append(
                    f"{plan.name} closes whoever has not paid for {plan.auto_close_limit} days; "
                    f"give at least {LEAST_LIMIT}."
                )
            if TEMPLATE not in missing and not plan[TEMPLATE]:
                sentences.append(f"{plan.name} has no mail template: nobody gets their invoice.")
            sentences += [
                f"{plan.name} has '{plan._fields[name].string}' switched on."
                for name, value in SETTINGS.items()
                if value is False and name not in missing and plan[name]
            ]
        return sentences
