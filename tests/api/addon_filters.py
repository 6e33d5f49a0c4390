"""The addon's filters of charges, which need no Odoo."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

_API = Path(__file__).parents[2] / "deployments/addons/fusion_centralize_billing_lago/api"
_NAME = "addon_lago_api"


def load() -> ModuleType:
    """Return the module, from its package in which nothing else is imported."""
    package = sys.modules.setdefault(_NAME, ModuleType(_NAME))
    package.__path__ = [str(_API)]
    return import_module(f"{_NAME}.filters")
