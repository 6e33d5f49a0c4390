"""What else is shut of a shadow beside confirming and invoicing: copies, links, mails, payments."""

from odoo import api, fields, models

#: Whose subscription it is, and what it goes on from: a person who changes it moves the charge.
FIXED = frozenset({"partner_id", "company_id", "subscription_id", "origin_order_id"})
MANAGER = "fusion_centralize_billing.group_manager"
# In the context while Odoo composes a notification. No remote call can send it.
_NOTIFYING = object()


class FusionBillingOrderShadow(models.AbstractModel):
    """No way out of the shadow but the cutover: not by a copy, a link, a line or another order."""

    _name = "fusion.billing.order.shadow"
    _description = "Shut Shadow"

    # With it anybody opens the customer's page of the order.
    access_token = fields.Char(
        groups="sales_team.group_sale_salesman,account.group_account_invoice"
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_following(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_following(vals)
        if vals.get("transaction_ids"):
            self._refuse_shadow(self.env._("paid"))
        if vals.get("state") == "cancel":
            self._refuse_taking_away()
        changed = FIXED.intersection(vals)
        if changed and not self.env.su:
            self.filtered(
                lambda order: any(order[name] != order[name].browse(vals[name]) for name in changed)
            )._refuse_shadow(self.env._("given to another customer, company or subscription"))
        return super().write(vals)

    def unlink(self):
        self._refuse_taking_away()
        return super().unlink()

    def _refuse_taking_away(self):
        """Raise UserError unless who takes a shadow away answers for it: it would not go live."""
        if not (self.env.su or self.env.user.has_group(MANAGER)):
            self._refuse_shadow(self.env._("canceled or deleted by others than billing managers"))

    @api.model
    def _refuse_following(self, vals):
        """Raise UserError if the order would renew a shadow or sell more of it."""
        parents = [vals[name] for name in ("subscription_id", "origin_order_id") if vals.get(name)]
        if parents and not vals.get("x_fc_shadow"):
            self.sudo().browse(parents).exists()._refuse_shadow(self.env._("renewed or upsold"))

    def copy_data(self, default=None):
        self._refuse_shadow(self.env._("duplicated"))
        return super().copy_data(default)

    def action_preview_sale_order(self):
        self._refuse_shadow(self.env._("shown to its customer"))
        return super().action_preview_sale_order()

    def _get_share_url(self, *args, **kwargs):
        self._refuse_shadow(self.env._("shown to its customer"))
        return super()._get_share_url(*args, **kwargs)

    def _portal_ensure_token(self):
        """Return the key of the customer's link: none of a shadow, none to who only reads."""
        if self.x_fc_shadow:
            if self.env.context.get("fc_notifying") is not _NOTIFYING:
                self._refuse_shadow(self.env._("shown to its customer"))
            return ""
        user = self.env.user
        if not (self.env.su or user.share or self.has_access("write")):
            return ""
        return super(FusionBillingOrderShadow, self.sudo())._portal_ensure_token()

    def _sign_token(self, pid):
        return super(FusionBillingOrderShadow, self.sudo())._sign_token(pid)

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        if self[:1].x_fc_shadow:
            # A colleague may be told of it; the link that Odoo prepares for the customer is empty.
            self = self.with_context(fc_notifying=_NOTIFYING)
        return super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)

    def _message_sms(self, body, **kwargs):
        # Of Odoo's app for text messages, where it is installed.
        self._refuse_shadow(self.env._("texted about"))
        return super()._message_sms(body, **kwargs)

    def _sms_get_recipients_info(self, *args, **kwargs):
        # Also of many orders at once, from the list.
        self._refuse_shadow(self.env._("texted about"))
        return super()._sms_get_recipients_info(*args, **kwargs)

    def _has_to_be_signed(self):
        return not self.x_fc_shadow and super()._has_to_be_signed()

    def _has_to_be_paid(self):
        return not self.x_fc_shadow and super()._has_to_be_paid()


class FusionBillingOrderTaxes(models.AbstractModel):
    """A shadow bears the taxes of its contact, also when a person corrects these."""

    _name = "fusion.billing.order.taxes"
    _description = "Taxes of a Shadow"

    def _follow_contact_taxes(self):
        """Give each shadow the fiscal position that its contact has now, and its taxes.

        Where the service says that the customer is exempt, or names the taxes, that decides.
        """
        for order in self.filtered(lambda order: not order.x_fc_account_link_id.tax_exempt):
            positions = self.env["account.fiscal.position"].with_company(order.company_id)
            position = positions._get_fiscal_position(order.partner_id, order.partner_shipping_id)
            before = order.fiscal_position_id
            if position == before:
                continue
            for line in [] if order.x_fc_taxes_told else order.order_line.filtered("product_id"):
                taxes = line.product_id.taxes_id._filter_taxes_by_company(order.company_id)
                # Taxes that were named for a line alone are not the position's.
                if line.tax_ids == before.map_tax(taxes):
                    line.tax_ids = [fields.Command.set(position.map_tax(taxes).ids)]
            order.fiscal_position_id = position


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


class PaymentTransaction(models.Model):
    """Payments that a shadow order never gets."""

    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse a payment of a shadow order before its provider hears of it.

        The portal makes one for whoever may see the order, also where it shows no button.
        """
        transactions = super().create(vals_list)
        transactions.sale_order_ids._refuse_shadow(self.env._("paid"))
        return transactions

    def write(self, vals):
        done = super().write(vals)
        if "sale_order_ids" in vals:
            self.sale_order_ids._refuse_shadow(self.env._("paid"))
        return done
