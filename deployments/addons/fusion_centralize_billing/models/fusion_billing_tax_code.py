from odoo import api, fields, models
from odoo.exceptions import ValidationError


class FusionBillingTaxCode(models.Model):
    """Which of Odoo's taxes a service means by its own name of a tax.

    Finance fills it in; what names a code that is not here, or has nothing behind it, is not
    loaded.
    """

    _name = "fusion.billing.tax.code"
    _description = "Tax Code of a Service"
    _order = "service_id, code"
    _rec_name = "code"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    code = fields.Char(required=True, help="The tax's name in the service, exactly.")
    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes",
        domain="[('type_tax_use', '=', 'sale'), ('company_id', 'parent_of', company_id)]",
    )
    no_tax = fields.Boolean(help="The code says that nothing is taxed.")

    _code_uniq = models.Constraint(
        "UNIQUE (service_id, code)", "The service already has a tax of this code."
    )

    @api.constrains("tax_ids", "no_tax", "service_id")
    def _check_taxes(self):
        for code in self:
            if code.no_tax and code.tax_ids:
                raise ValidationError(
                    self.env._("%s says that nothing is taxed, and names taxes.", code.code)
                )
            if any(tax.type_tax_use != "sale" for tax in code.tax_ids):
                raise ValidationError(self.env._("%s needs taxes on sales.", code.code))
            if code.tax_ids.company_id - code.company_id.parent_ids:
                raise ValidationError(self.env._("%s names a tax of another company.", code.code))
