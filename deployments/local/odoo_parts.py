"""What Odoo needs to run here: its package and its Python, fetched side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deployments.local.odoo_package import OdooSource, find_odoo
from deployments.local.odoo_python import find_python
from deployments.local.progress import Progress


def fetch_odoo(cache: Path, progress: Progress) -> tuple[OdooSource, Path]:
    """Return Odoo and the Python that runs it; whatever is missing is fetched.

    Raises:
        StackError: One of the two cannot be had here.
    """
    with progress.step("Odoo: package and its Python"), ThreadPoolExecutor() as pool:
        python = pool.submit(find_python, cache)
        return find_odoo(cache), python.result()
