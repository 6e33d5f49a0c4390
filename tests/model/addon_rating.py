"""Odoo's own rating, loaded from the addon's folder without Odoo.

The addon keeps its arithmetic in a package of plain Python that imports nothing of Odoo (held
by a test below), and ``fusion.billing.charge._compute_billable`` only hands its fields over to
it. So these are the very lines that Odoo runs; that the fields arrive unchanged is what the
addon's own suite shows, with the same table of cases.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from tests.model.rating_cases import ADDON

PACKAGE = ADDON / "rating"


def load_addon_rating() -> ModuleType:
    """Import the addon's rating package under a name of its own."""
    name = "fusion_centralize_billing_rating"
    if name not in sys.modules:
        spec = spec_from_file_location(name, PACKAGE / "__init__.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]
