"""The Odoo addons of this project."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from deployments.local.places import PROJECT

ADDONS = PROJECT / "deployments" / "addons"
"""Ours alone; the stand-in for Odoo Enterprise lies elsewhere."""

_ROOTS = (PROJECT / "deployments" / "addons_community", ADDONS)


def addon_roots() -> tuple[Path, ...]:
    """Return the folders for Odoo's addons path."""
    return tuple(root for root in _ROOTS if any(root.glob("*/__manifest__.py")))


def addon_names() -> list[str]:
    """Return the technical names of all our addons, without the stand-in."""
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))


def own_addons() -> tuple[str, ...]:
    """Return the technical names of this project's addons, but for those that follow by themselves.

    Odoo installs an addon with ``auto_install`` along with what it depends on.
    """
    manifests = (path for root in _ROOTS for path in root.glob("*/__manifest__.py"))
    terms = {path.parent.name: ast.literal_eval(path.read_text("utf-8")) for path in manifests}
    return tuple(sorted(name for name, its in terms.items() if not its.get("auto_install")))


def own_addons_digest() -> str:
    """Return a digest of the addons' content; tests, documents, terms and tools' caches do not."""
    digest = hashlib.sha256()
    for root in _ROOTS:
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            skipped = {"__pycache__", "tests", "readme"} & set(
                inside.parts
            ) or path.suffix == ".pot"
            if path.is_file() and not skipped and not inside.parts[1].startswith("."):
                digest.update(f"{inside}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
