"""Every example in a docstring says what the function really gives."""

from __future__ import annotations

import doctest
import importlib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("flows", "tasks", "deployments/apply", "deployments/local", "deployments/sample")
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    tried = doctest.testmod(importlib.import_module(name))
    assert tried.attempted > 0
    assert tried.failed == 0


ADDONS = ROOT / "deployments" / "addons"


# Those of the addon's modules that need no Odoo; its webhooks have a test of their own.
@pytest.mark.parametrize(
    "name",
    [
        "fusion_centralize_billing/loader/fingerprint.py",
        "fusion_centralize_billing_reconciliation/reconciling/causes.py",
    ],
)
def test_examples_of_the_addon_hold(name):
    spec = spec_from_file_location(Path(name).stem, ADDONS / name)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    tried = doctest.testmod(module)
    assert tried.attempted > 0
    assert tried.failed == 0
