"""What the addon sends with, loaded from its folder without Odoo: plain Python all of it."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

PACKAGE = (
    Path(__file__).parents[2] / "deployments/addons/fusion_centralize_billing_lago" / "webhooks"
)
_NAME = "fusion_centralize_billing_lago_webhooks"
PLAIN = ("addresses", "message", "pace", "sender", "signing")


def load(module: str) -> ModuleType:
    """Import one of the plain modules of the addon's ``webhooks``."""
    if _NAME not in sys.modules:
        spec = spec_from_file_location(
            _NAME, PACKAGE / "__init__.py", submodule_search_locations=[str(PACKAGE)]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules[_NAME] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[_NAME])
    return import_module(f"{_NAME}.{module}")
