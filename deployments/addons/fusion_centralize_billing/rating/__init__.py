"""Rating in plain Python: no Odoo in here, so anyone can load it and check it."""

from .billable import compute_billable
from .commitment import true_up
from .tariff import Rung, Tariff

__all__ = ["Rung", "Tariff", "compute_billable", "true_up"]
