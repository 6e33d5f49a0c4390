from odoo import api, models

# Quantities of usage have up to six decimals; with Odoo's two, 0.125 hours are billed as 0.13.
QUANTITY_DIGITS = 6


class DecimalPrecision(models.Model):
    """Quantities that no line rounds."""

    _inherit = "decimal.precision"

    @api.model
    def _keep_whole_quantities(self):
        """Raise *Product Unit* to six digits, so that no line rounds its quantity."""
        precision = self.env.ref("uom.decimal_product_uom")
        if precision.digits < QUANTITY_DIGITS:
            precision.digits = QUANTITY_DIGITS
