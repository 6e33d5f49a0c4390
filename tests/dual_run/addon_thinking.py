"""What the addons think with when they judge a dual run, without Odoo."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

ADDONS = Path(__file__).parents[2] / "deployments" / "addons"


def thinking(path: str) -> ModuleType:
    """Load a module of an addon that imports nothing of Odoo."""
    name = f"thinking_{Path(path).stem}"
    spec = spec_from_file_location(name, ADDONS / path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


decisions = thinking("fusion_centralize_billing_reconciliation/reconciling/decisions.py")
judging = thinking("fusion_centralize_billing_cutover/switching/judging.py")
verdict = thinking("fusion_centralize_billing_cutover/switching/verdict.py")
