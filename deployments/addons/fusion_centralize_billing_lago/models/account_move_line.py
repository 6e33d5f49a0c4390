from odoo import fields, models


class AccountMoveLine(models.Model):
    """What a line has to do with an account of a service, if it bills no order."""

    _name = "account.move.line"
    _inherit = ["account.move.line", "fusion.billing.protected"]
    _protected_fields = frozenset({"x_fc_link_id", "x_fc_fee_line_id", "x_fc_applied_coupon_id"})

    x_fc_link_id = fields.Many2one(
        "fusion.billing.account.link",
        "Billed Account",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    x_fc_add_on_id = fields.Many2one(
        "fusion.billing.add.on", "Add-on", readonly=True, copy=False, ondelete="restrict"
    )
    x_fc_fee_line_id = fields.Many2one(
        "account.move.line",
        "Credits Line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    x_fc_applied_coupon_id = fields.Many2one(
        "fusion.billing.applied.coupon",
        "Coupon",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
