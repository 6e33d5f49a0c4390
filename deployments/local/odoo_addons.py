"""The Odoo addons of this project."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

from deployments.local.places import PROJECT

_ROOTS = (PROJECT / "deployments" / "addons_community", PROJECT / "deployments" / "addons")


def addon_roots() -> tuple[Path, ...]:
    """Return the folders for Odoo's addons path."""
    return tuple(root for root in _ROOTS if any(root.glob("*/__manifest__.py")))


def own_addons() -> tuple[str, ...]:
    """Return the technical names of this project's addons, but for those that follow by themselves.

    Odoo installs an addon with ``auto_install`` along with what it depends on.
    """
    manifests = (path for root in _ROOTS for path in root.glob("*/__manifest__.py"))
    return tuple(sorted(path.parent.name for path in manifests if not _follows(path)))


def _follows(manifest: Path) -> bool:
    terms = ast.literal_eval(manifest.read_text(encoding="utf-8"))
    return bool(terms.get("auto_install"))


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
