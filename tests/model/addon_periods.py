"""Odoo's own billing periods, loaded from the addon's folder without Odoo."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from tests.model.rating_cases import ADDON

_NAME = "fusion_centralize_billing_periods"


def _package() -> ModuleType:
    """Import the addon's package of periods under a name of its own."""
    if _NAME not in sys.modules:
        spec = spec_from_file_location(_NAME, ADDON / "periods" / "__init__.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[_NAME] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[_NAME])
    return sys.modules[_NAME]


_package()
Calendar = import_module(f"{_NAME}.calendar").Calendar
compared_period = import_module(f"{_NAME}.compared").compared_period
latest_period = import_module(f"{_NAME}.compared").latest_period
