"""Write the terms of addons that can be translated; runs in Odoo's own Python.

`export_terms.py CONFIG DATABASE FOLDER NAME...` writes FOLDER/NAME.pot for each addon. When and by
which release of Odoo it was written is left out, so that a file changes with its terms alone.
"""

import io
import sys
from pathlib import Path

import polib

from odoo import SUPERUSER_ID, api  # type: ignore[import-not-found]
from odoo.modules.registry import Registry  # type: ignore[import-not-found]
from odoo.tools import config  # type: ignore[import-not-found]
from odoo.tools.translate import trans_export  # type: ignore[import-not-found]

KEPT = ("MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Plural-Forms")


def main() -> None:
    """Write a file for each addon that is named."""
    settings, database, folder, *names = sys.argv[1:]
    config.parse_config(["-c", settings], setup_logging=True)
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        for name in names:
            buffer = io.BytesIO()
            if trans_export(None, [name], buffer, "po", env):
                terms = polib.pofile(buffer.getvalue().decode())
                terms.header = f"Terms of {name}; `make terms` writes them."
                terms.metadata = {key: terms.metadata[key] for key in KEPT}
                terms.save(Path(folder) / f"{name}.pot")


if __name__ == "__main__":
    main()
