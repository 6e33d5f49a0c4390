"""The virtual environment that runs Odoo: its own, since Odoo pins other versions than we."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from deployments.local import StackError
from deployments.local.places import make_folder

_LOCK = Path(__file__).with_name("odoo-requirements.lock")


def find_python(cache: Path) -> Path:
    """Return Odoo's Python, creating its environment when the locked packages changed.

    Whoever else needs it meanwhile waits.

    Raises:
        StackError: The packages could not be installed.
    """
    digest = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]
    folder = cache / f"odoo-python-{sys.version_info.major}.{sys.version_info.minor}-{digest}"
    python = folder / "bin" / "python"
    complete = folder / "complete"
    with FileLock(make_folder(cache) / "odoo-python.lock"):
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder, python)
            complete.touch()
    return python


def _install(folder: Path, python: Path) -> None:
    for command in _commands(folder, python):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise StackError(
                "Could not install the packages that Odoo needs "
                f"({_LOCK.name}): {result.stderr.strip()[-1500:]}"
            )


def _commands(folder: Path, python: Path) -> list[list[str]]:
    """Return the commands that make the environment: by uv when it is there, else by pip."""
    module = [sys.executable, "-m", "uv"] if importlib.util.find_spec("uv") else None
    program = shutil.which("uv")
    uv = module or ([program] if program else None)
    locked = ["--quiet", "--require-hashes", "--requirement", str(_LOCK)]
    if uv:
        return [
            [*uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
            [*uv, "pip", "install", "--python", str(python), *locked],
        ]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--disable-pip-version-check", *locked],
    ]
