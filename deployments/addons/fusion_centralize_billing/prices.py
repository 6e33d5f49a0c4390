"""Prices that were agreed, and stay."""

#: Beside a price (`technical_price_unit`): somebody set it, and Odoo recomputes it no more.
PROTECTED = -1.0
