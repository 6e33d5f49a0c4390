"""The Chromium of this machine, for pictures and for tests of what people see."""

from __future__ import annotations

import os
import shutil

from deployments.local import StackError

#: It looks at pages of this machine only, as whoever runs it, also as root.
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def find_chromium() -> str:
    """Return the path of the one that CHROMIUM names, else of the one on the PATH.

    Raises:
        StackError: There is none.
    """
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
    if not found:
        raise StackError(
            "There is no Chromium: install one (apt-get install chromium), or name it in CHROMIUM."
        )
    return found
