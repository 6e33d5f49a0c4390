from odoo import api, models


class MailMail(models.Model):
    """A shadow's customer gets no mail about it, whoever writes it and however."""

    _inherit = "mail.mail"

    @api.model_create_multi
    def create(self, vals_list):
        mails = super().create(vals_list)
        about = mails.sudo().filtered(lambda mail: mail.model == "sale.order" and mail.res_id)
        orders = self.env["sale.order"].sudo().browse(about.mapped("res_id")).exists()
        shadows = orders.filtered("x_fc_shadow")
        for mail in about if shadows else ():
            outside = mail.email_to or mail.email_cc or mail.recipient_ids.filtered("partner_share")
            if outside:
                shadows.filtered(lambda order, mail=mail: order.id == mail.res_id)._refuse_shadow(
                    self.env._("mailed to anybody outside")
                )
        return mails
