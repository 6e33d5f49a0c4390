"""The Odoo addons of this project."""

from __future__ import annotations

import hashlib
from pathlib import Path

from deployments.local.places import PROJECT

_ROOTS = (PROJECT / "deployments" / "addons_community", PROJECT / "deployments" / "addons")


def addon_roots() -> tuple[Path, ...]:
    """Return the folders for Odoo's addons path."""
    return tuple(root for root in _ROOTS if any(root.glob("*/__manifest__.py")))


def own_addons() -> tuple[str, ...]:
    """Return the technical names of the addons in this project."""
    manifests = (path for root in _ROOTS for path in root.glob("*/__manifest__.py"))
    return tuple(sorted(path.parent.name for path in manifests))


def own_addons_digest() -> str:
    """Return a digest of the addons' content; tests, documents and tools' caches do not count."""
    digest = hashlib.sha256()
    for root in _ROOTS:
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            skipped = {"__pycache__", "tests", "readme"} & set(inside.parts)
            if path.is_file() and not skipped and not inside.parts[1].startswith("."):
                digest.update(f"{inside}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
