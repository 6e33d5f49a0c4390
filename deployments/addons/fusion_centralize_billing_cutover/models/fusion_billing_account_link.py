from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, float_round

from odoo.addons.fusion_centralize_billing_reconciliation.reconciling.decisions import COPY
from odoo.addons.fusion_centralize_billing_reconciliation.reconciling.differences import find

from ..switching.readiness import refresh
from ..switching.requirements import USUAL_CYCLES


class FusionBillingAccountLink(models.Model):
    """By which cutover Odoo came to bill an account, and whether it may.

    Readiness is worked out from the recorded cycles, the differences and decisions, the orders
    and the last import: nobody sets it.
    """

    _inherit = "fusion.billing.account.link"

    cutover_id = fields.Many2one(
        "fusion.billing.cutover", readonly=True, copy=False, index=True, ondelete="restrict"
    )
    ready = fields.Boolean(
        readonly=True,
        copy=False,
        index=True,
        help="Nothing of the account is open: a cutover may switch it.",
    )
    readiness = fields.Selection(
        [("ready", "Ready"), ("waiting", "Not Ready"), ("live", "Live")],
        readonly=True,
        copy=False,
        index=True,
    )
    readiness_group = fields.Char(
        "Waits For", readonly=True, copy=False, index=True, help="The first of the reasons."
    )
    readiness_codes = fields.Char("Reason Codes", readonly=True, copy=False)
    readiness_reasons = fields.Text(
        "Why Not", readonly=True, copy=False, help="What holds the account back, a sentence a line."
    )
    readiness_note = fields.Text(
        "To Know", readonly=True, copy=False, help="What does not hold it back, decisions first."
    )
    readiness_currency_id = fields.Many2one("res.currency", readonly=True, copy=False)
    readiness_revenue = fields.Monetary(
        "Revenue",
        currency_field="readiness_currency_id",
        readonly=True,
        copy=False,
        help="What the old side billed in the latest cycle, before tax.",
    )
    readiness_digest = fields.Char(
        "Evidence", readonly=True, copy=False, help="SHA-256 of what readiness rests on."
    )
    readiness_at = fields.Datetime("Worked Out", readonly=True, copy=False)

    def _cutover_fields(self):
        return super()._cutover_fields() | {"cutover_id"}

    def _get_protected(self):
        own = {name for name in self._fields if name == "ready" or name.startswith("readiness")}
        return super()._get_protected() | own

    @api.model
    def _refresh_readiness(self, service, cycles=USUAL_CYCLES):
        """Work out anew who of a service is ready.

        Args:
            service: The ``fusion.billing.service``.
            cycles: Over how many of the latest cycles.
        """
        service = service.sudo()
        service = service.with_company(service.company_id)
        service.env.flush_all()
        refresh(service.env, service, cycles)

    @api.model
    def _cron_readiness(self):
        """Work readiness out for every service that has cycles: decisions run out by themselves."""
        groups = self.env["fusion.billing.cycle"].sudo()._read_group([], ["service_id"])
        for (service,) in groups:
            self._refresh_readiness(service)

    def action_refresh_readiness(self):
        """Work readiness out anew for the services of these accounts."""
        self.check_access("read")
        for service in self.service_id:
            self._refresh_readiness(service)

    def action_ask_dual_run(self):
        """Ask for a dual run of the service of these accounts; of none: the dialog asks which."""
        return self.service_id.action_ask_dual_run()

    def action_ask_cutover(self):
        """Ask for a cutover of the service of these accounts; of none: the dialog asks which."""
        return self.service_id.action_ask_cutover()

    def action_differences(self):
        """Show the differences of this account."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_centralize_billing_reconciliation.fusion_billing_reconciliation_action"
        )
        ours = [("service_id", "=", self.service_id.id), ("customer", "=", self.external_id)]
        return action | {"domain": ours}

    def action_decide(self):
        """Ask what is decided about all differences of this account."""
        self.ensure_one()
        return self.env["fusion.billing.decide"]._ask(
            self.env._("Decide"),
            scope="customer",
            service_id=self.service_id.id,
            customer=self.external_id,
            currency_id=self.readiness_currency_id.id,
            max_amount=self._most_open(),
        )

    def _most_open(self):
        """Return the largest sum of differences of one cycle that a decision could settle."""
        condition = SQL("line.customer = %s", self.external_id)
        sums = defaultdict(Decimal)
        for one in find(self.env, self.service_id.sudo(), condition):
            if one.wrong_side != COPY and one.currency_id == self.readiness_currency_id.id:
                sums[one.month] += one.stake
        return float_round(
            float(max(sums.values(), default=0)),
            precision_rounding=self.readiness_currency_id.rounding or 0.01,
            rounding_method="UP",
        )


class FusionBillingDecision(models.Model):
    """A decision tells at once who is ready now."""

    _inherit = "fusion.billing.decision"

    def _after(self):
        result = super()._after()
        links = self.env["fusion.billing.account.link"]
        for service in self.service_id:
            links._refresh_readiness(service)
        return result
