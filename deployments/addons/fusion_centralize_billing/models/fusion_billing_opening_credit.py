from odoo import fields, models


class FusionBillingOpeningCredit(models.Model):
    """What the old side still owes to an account: planned here, posted by the cutover alone."""

    _name = "fusion.billing.opening.credit"
    _inherit = ["fusion.billing.protected"]
    _description = "Opening Credit"
    _order = "link_id, id"
    _rec_name = "external_id"
    _protected_fields = frozenset(
        {"link_id", "external_id", "kind", "amount", "currency_id", "expires_on", "move_id"}
    )

    link_id = fields.Many2one(
        "fusion.billing.account.link",
        "Account",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    service_id = fields.Many2one(related="link_id.service_id", store=True, precompute=True)
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    partner_id = fields.Many2one(related="link_id.partner_id")
    external_id = fields.Char("Credit ID", required=True, readonly=True)
    kind = fields.Selection(
        [
            ("wallet_paid", "Prepaid, paid for"),
            ("wallet_granted", "Prepaid, granted"),
            ("credit_note", "Rest of a credit note"),
        ],
        required=True,
        readonly=True,
    )
    amount = fields.Monetary(required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    expires_on = fields.Date(
        readonly=True, help="First day on which it is worth nothing; empty: never."
    )
    move_id = fields.Many2one(
        "account.move",
        "Posted As",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="What the cutover posted; empty as long as the old side owes it.",
    )

    _idempotency_keys = ("external_uniq",)
    _external_uniq = models.Constraint(
        "UNIQUE (link_id, external_id)", "This credit of the account is already here."
    )
    _amount_positive = models.Constraint(
        "CHECK (amount > 0)", "What is owed to a customer is above 0."
    )
