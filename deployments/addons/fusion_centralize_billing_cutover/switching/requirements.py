"""What must hold before a cutover."""

from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation

from odoo import _
from odoo.exceptions import UserError


@dataclass(frozen=True, slots=True)
class Requirements:
    """The limits of the gate; ``match_rate`` and ``unexplained`` are decimal texts.

    Attributes:
        green_cycles: How many cycles in a row are green.
        match_rate: Least share of lines that match in the latest cycle.
        unexplained: Most that no cause explains in the latest cycle, in the company's currency.
        stripe_ids: Whether whoever pays needs a Stripe customer.
        cards: Whether whoever does not pay by invoice needs a card that Odoo can charge.
        payers_loaded: Whether the last import must have left nobody out.
    """

    green_cycles: int = 3
    match_rate: str = "0.99"
    unexplained: str = "0"
    stripe_ids: bool = True
    cards: bool = True
    payers_loaded: bool = True

    def as_dict(self) -> dict:
        """Return them as JSON types."""
        return asdict(self)


def read_requirements(values: object) -> Requirements:
    """Return the requirements, those not named at their defaults.

    Raises:
        UserError: One is unknown, or of a wrong type.
    """
    values = values or {}
    if not isinstance(values, dict) or not values.keys() <= asdict(Requirements()).keys():
        raise UserError(
            _("A requirement is none of: %(names)s.", names=", ".join(asdict(Requirements())))
        )
    for name, default in asdict(Requirements()).items():
        if type(values.get(name, default)) is not type(default):
            raise UserError(_("The requirement '%(name)s' is of a wrong type.", name=name))
    try:
        numbers = [Decimal(values.get(name, "0")) for name in ("match_rate", "unexplained")]
    except InvalidOperation:
        numbers = [Decimal("NaN")]
    if not all(number.is_finite() and number >= 0 for number in numbers):
        raise UserError(_("match_rate and unexplained are decimal texts and never negative."))
    return Requirements(**values)
