"""Write what of our addons can be translated: ``python -m deployments.local.terms``."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from deployments.local.odoo_addons import ADDONS, addon_names
from deployments.local.places import PROJECT, Places
from deployments.local.scratch import Scratch


def export_terms(scratch: Scratch, database: str, folder: Path) -> list[Path]:
    """Write the terms of each addon into a folder.

    Args:
        scratch: A stack whose Odoo reads them.
        database: One with our addons.
        folder: Where a file of each addon's name is written.

    Returns:
        The files, by the addons' names.
    """
    names = addon_names()
    odoo, log = scratch.odoo, scratch.places.logs / "terms.log"
    odoo.run_script("export_terms.py", str(odoo.settings), database, str(folder), *names, log=log)
    return [folder / f"{name}.pot" for name in names]


def place_of(name: str) -> Path:
    """Return the file of an addon's terms in the project."""
    return ADDONS / name / "i18n" / f"{name}.pot"


def main() -> None:
    """Write the terms of all addons where they belong."""
    scratch = Scratch(Places.from_environment().cache)
    try:
        with TemporaryDirectory() as folder:
            for path in export_terms(scratch, scratch.new_odoo_database(), Path(folder)):
                place = place_of(path.stem)
                place.parent.mkdir(exist_ok=True)
                place.write_bytes(path.read_bytes())
                print(place.relative_to(PROJECT))
    finally:
        scratch.close()


if __name__ == "__main__":
    main()
