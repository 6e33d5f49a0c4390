from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..rating import Tariff, compute_billable
from .fusion_billing_charge_tier import REPLACING

TIERED = {"graduated", "volume", "graduated_percentage"}
# What so many seconds are called, where a metric counts in some kind of second.
SPANS = {60: "minute", 3600: "hour", 86400: "day"}


class FusionBillingCharge(models.Model):
    """The terms by which a charge is rated, and the rating itself.

    The arithmetic is in the package ``rating``: decimals, exact until the one rounding to six
    decimals at the end. Cents are the invoice line's.
    """

    _inherit = "fusion.billing.charge"

    block_rating = fields.Selection(
        [("fractional", "Fractional"), ("whole", "Whole batches")],
        required=True,
        default="fractional",
        help="Whole: a started batch beyond the quota costs a full one. Packages always do.",
    )
    flat_amount = fields.Float(
        "Flat Fee",
        digits=(16, 6),
        aggregator=None,
        help="Due once per period, as soon as anything is used beyond the quota.",
    )
    flat_at_zero = fields.Boolean(
        "Flat Fees Without Usage",
        help="This fee, and the first tier's, are due even if nothing is used beyond the quota.",
    )
    minimum_amount = fields.Float(
        "Minimum",
        digits=(16, 6),
        aggregator=None,
        help="The charge of a whole period is raised to it; that of a running period is not.",
    )
    tier_ids = fields.One2many("fusion.billing.charge.tier", "charge_id", "Tiers", copy=True)
    percent = fields.Float("%", digits=(16, 6), aggregator=None, help="1.5 is 1.5 %.")
    fixed_amount = fields.Float(
        "Fee per Event", digits=(16, 6), aggregator=None, help="Due for each event not free."
    )
    free_events = fields.Integer(
        aggregator=None, help="So many first events of a period cost nothing; 0: no such rule."
    )
    transaction_min = fields.Float(
        "Least Fee per Event", digits=(16, 6), aggregator=None, help="0: no such limit."
    )
    transaction_max = fields.Float(
        "Highest Fee per Event", digits=(16, 6), aggregator=None, help="0: no such limit."
    )
    batch_name = fields.Char(compute="_compute_batch_name", help="What batches are called.")
    example_quantity = fields.Float(
        "If a Period Has",
        min_display_digits=2,
        compute="_compute_example_quantity",
        readonly=False,
        help="Units to try the charge with; nothing is stored.",
    )
    example = fields.Char("It Costs", compute="_compute_example")

    _terms_not_negative = models.Constraint(
        "CHECK (flat_amount >= 0 AND flat_amount < 'Infinity' "
        "AND minimum_amount >= 0 AND minimum_amount < 'Infinity' "
        "AND percent >= 0 AND percent < 'Infinity' "
        "AND fixed_amount >= 0 AND fixed_amount < 'Infinity' AND free_events >= 0 "
        "AND transaction_min >= 0 AND transaction_max >= 0 AND transaction_max < 'Infinity')",
        "Fees, minimum and percentage of a charge are numbers and never negative.",
    )
    _transaction_limits = models.Constraint(
        "CHECK (transaction_max = 0 OR transaction_min <= transaction_max)",
        "The least fee of an event cannot be above the highest.",
    )
    _percentage_unbatched = models.Constraint(
        "CHECK (charge_model NOT IN ('percentage', 'graduated_percentage') "
        "OR (unit_batch = 1 AND block_rating = 'fractional'))",
        "A percentage is taken of units: its batch is 1 and fractional.",
    )

    def write(self, vals):
        # Tiers go before others come: only what is there in the end has to be whole.
        return super(FusionBillingCharge, self.with_context(**{REPLACING: True})).write(vals)

    @api.constrains("charge_model", "tier_ids")
    def _check_tiers(self):
        for charge in self:
            if charge.charge_model in TIERED and not any(charge.tier_ids.mapped("is_last")):
                raise ValidationError(
                    self.env._(
                        "%s needs tiers, the last of them without an end.", charge.display_name
                    )
                )

    @api.depends("metric_id.unit_name", "unit_batch")
    def _compute_batch_name(self):
        for charge in self:
            name, size = charge.metric_id.unit_name or self.env._("unit"), charge.unit_batch
            if name.endswith("second") and size in SPANS:
                name, size = name.removesuffix("second") + SPANS[size], 1
            plural = f"{name}s" if name[-1].islower() and name[-1] != "s" else name
            charge.batch_name = plural if size == 1 else f"x {size} {plural}"

    @api.depends("included_quota", "unit_batch")
    def _compute_example_quantity(self):
        for charge in self:
            charge.example_quantity = charge.included_quota + 112.5 * charge.unit_batch

    @api.depends(
        lambda self: ("example_quantity", "batch_name", "currency_id", *self._term_fields())
    )
    def _compute_example(self):
        for charge in self:
            quantity = charge.example_quantity
            # The quantity of a percentage is tried as that of a single transaction.
            events = [quantity] if charge.charge_model == "percentage" else None
            try:
                billable = charge._compute_billable(quantity, events)
                charge.example = f"{billable['explanation']} {charge.currency_id.name or ''}"
            except UserError as refused:
                charge.example = str(refused)

    @api.model
    def _term_fields(self):
        """Name the fields on which the result of a rating depends."""
        tier_fields = ("is_last", "up_to", "per_unit", "flat", "percent")
        return [
            "charge_model",
            "price_per_unit",
            "included_quota",
            "unit_batch",
            "block_rating",
            "flat_amount",
            "flat_at_zero",
            "minimum_amount",
            "percent",
            "fixed_amount",
            "free_events",
            "transaction_min",
            "transaction_max",
            *(f"tier_ids.{name}" for name in tier_fields),
        ]

    def _tariff(self):
        """Return the charge's terms for the rating; keep it to rate many subscriptions.

        Raises:
            UserError: The terms contradict each other, for example without a last tier.
        """
        self.ensure_one()
        terms = {name: self[name] for name in self._term_fields() if not name.startswith("tier_")}
        for limit in ("transaction_min", "transaction_max"):
            terms[limit] = terms[limit] or None
        try:
            return Tariff(
                terms.pop("charge_model"),
                **terms,
                # Tiers of a charge that had another model once are kept, and not used.
                tiers=self.tier_ids._terms() if self.charge_model in TIERED else (),
                unit_name=self.batch_name,
            )
        except ValueError as fault:
            raise UserError(
                self.env._("%(charge)s: %(fault)s", charge=self.display_name, fault=fault)
            ) from None

    def _compute_billable(self, quantity, events=None, *, whole_period=True, tariff=None):
        """Return what a quantity of the metric costs under this charge.

        Args:
            quantity: Units in the metric's unit, best as a Decimal.
            events: Single quantities in time order, for percentages with rules per event.
            whole_period: False for a period that still runs: no minimum yet.
            tariff: The charge's ``_tariff()``, from who rates many periods.

        Returns:
            dict: ``units``, ``included``, ``overage_units`` and ``amount`` (6 decimals, before
            tax, in the charge's currency) as Decimal, ``true_up``: what of it only the minimum
            adds, and ``explanation``, one line.

        Raises:
            UserError: The charge's terms or the events do not allow a rating.
        """
        tariff = tariff or self._tariff()
        try:
            return compute_billable(tariff, quantity, events, whole_period=whole_period)
        except ValueError as fault:
            raise UserError(
                self.env._("%(charge)s: %(fault)s", charge=self.display_name, fault=fault)
            ) from None
