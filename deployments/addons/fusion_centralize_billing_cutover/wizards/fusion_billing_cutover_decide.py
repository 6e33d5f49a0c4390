from odoo import fields, models

from ..switching import deciding


class CutoverDecide(models.TransientModel):
    """Asks a second person for a decision about a planned cutover."""

    _name = "fusion.billing.cutover.decide"
    _description = "Decide about a Cutover"

    cutover_id = fields.Many2one("fusion.billing.cutover", required=True, readonly=True)
    digest = fields.Char("Evidence", readonly=True, help="SHA-256 of what was shown.")
    waivers = fields.Text(related="cutover_id.waivers")
    is_waived = fields.Boolean("I waive these conditions")
    note = fields.Text(help="What you looked at; needed for whoever waives a condition.")

    def action_approve(self):
        """Say yes to the evidence that was shown."""
        return self._decide("yes")

    def action_refuse(self):
        """Say no: nobody is switched."""
        return self._decide("no")

    def _decide(self, decision):
        self.ensure_one()
        cutover = deciding.to_decide(self.env, self.cutover_id.key)
        waive = cutover._waivers() if self.is_waived else []
        values = {"decision": decision, "digest": self.digest, "waive": waive, "note": self.note}
        deciding.decide(cutover, self.env.user, values)
        return {"type": "ir.actions.act_window_close"}
