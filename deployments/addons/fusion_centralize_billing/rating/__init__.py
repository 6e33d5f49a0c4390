"""Rating in plain Python: no Odoo in here, so anyone can load it and check it."""

from .billable import compute_billable
from .tariff import Rung, Tariff

__all__ = ["Rung", "Tariff", "compute_billable"]
