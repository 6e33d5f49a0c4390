"""What the causes of a difference are called."""

NAMES = {
    "rate_rounded_to_cents": "Rate rounded to cents",
    "quota_not_applied": "Quota not applied",
    "quota_differs": "Quota differs",
    "block_rating": "Started batches rated differently",
    "usage_missing": "Usage missing",
    "usage_counted_twice": "Usage counted twice",
    "period_boundary": "Period begins elsewhere",
    "proration": "Proration",
    "flat_price_differs": "Flat price differs",
    "plan_differs": "Another plan",
    "tax_included": "Tax included",
    "currency": "Currency",
    "tax_differs": "Tax differs",
    "billed_twice": "Billed twice",
    "ended_before_copy": "Ended before the copy",
    "kept_out": "Kept out of the copy",
    "begins_later": "Begins later in Odoo",
    "addon_missing": "Add-on missing in Odoo",
    "one_off": "One-off charge",
    "credit": "Credit",
    "discount": "Discount",
    "not_itemized": "Not itemized",
    "price_not_compared": "Price not compared",
    "rounding": "Rounding",
    "unexplained": "Unexplained",
}
UNEXPLAINED = "unexplained"


def cause_name(cause: str) -> str:
    """Return a cause, or several joined by "+", in words; one not known stays as it is.

    >>> cause_name("quota_differs+rounding")
    'Quota differs + Rounding'
    """
    return " + ".join(NAMES.get(part, part) for part in cause.split("+")) if cause else ""
