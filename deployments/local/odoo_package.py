"""Odoo 19 from Debian's package, and the Python that runs it, without touching the system.

The package is unpacked into the cache; the Python is a virtual environment of its own there, since
Odoo pins other versions than we.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from deployments.local import StackError
from deployments.local.places import make_folder
from deployments.local.progress import Progress

_LOCK = Path(__file__).with_name("odoo-requirements.lock")
_PACKAGES = (
    "odoo-19",
    # Odoo's package links to the files of these.
    "fonts-font-awesome",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
_KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
_OTHERWISE = (
    "Set ODOO_HOME to an unpacked Odoo 19, or bring the stack up in containers with "
    "deployments/compose.yaml."
)
_VERSION = re.compile(r"^version_info\s*=\s*\((\d+),\s*(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class OdooSource:
    """An unpacked Odoo.

    Attributes:
        python_path: Folder that holds the package `odoo`.
        addons: Further folders of Odoo's own addons (a source checkout has one).
        version: For example `19.0`.
    """

    python_path: Path
    addons: tuple[Path, ...]
    version: str


def fetch_odoo(cache: Path, progress: Progress) -> tuple[OdooSource, Path]:
    """Return Odoo and the Python that runs it; whatever is missing is fetched.

    Raises:
        StackError: One of the two cannot be had here.
    """
    with progress.step("Odoo: package and its Python"), ThreadPoolExecutor() as pool:
        python = pool.submit(find_python, cache)
        return find_odoo(cache), python.result()


def find_odoo(cache: Path) -> OdooSource:
    """Return the Odoo that ODOO_HOME names, or Debian's, downloaded on first use.

    Whoever else needs it meanwhile waits.

    Raises:
        StackError: ODOO_HOME is no Odoo 19, or Debian's package cannot be had here.
    """
    home = os.environ.get("ODOO_HOME")
    if home:
        return _inspect(Path(home).resolve(), "ODOO_HOME")
    root = cache / "odoo" / "root"
    with FileLock(make_folder(cache) / "odoo.lock"):
        if not root.exists():
            _download(cache / "odoo", root)
    return _inspect(root, "The cached Odoo")


def _inspect(home: Path, subject: str) -> OdooSource:
    for candidate in (home, home / "usr/lib/python3/dist-packages"):
        release = candidate / "odoo" / "release.py"
        if release.is_file():
            found = _VERSION.search(release.read_text())
            if found is None or found.group(1) != "19":
                raise StackError(f"{subject} ({home}) holds another version than Odoo 19.")
            # A source checkout keeps most addons beside the package, not inside it.
            inside = (candidate / "odoo/addons/sale_management").is_dir()
            addons = () if inside else (candidate / "addons",)
            return OdooSource(candidate, addons, f"{found.group(1)}.{found.group(2)}")
    raise StackError(
        f"{subject} ({home}) holds no Odoo: there is no odoo/release.py in it. "
        "Point ODOO_HOME at the folder that holds the package `odoo`."
    )


def _download(folder: Path, root: Path) -> None:
    keyring = next((path for path in _KEYRINGS if path.exists()), None)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None or keyring is None:
        raise StackError(f"Odoo is packaged for Debian, and this machine is not one. {_OTHERWISE}")
    packages = _fetch(folder / "apt", keyring)
    partial = root.with_name("root.part")
    shutil.rmtree(partial, ignore_errors=True)
    for package in packages:
        _run(["dpkg-deb", "-x", str(package), str(partial)], "unpack Odoo's package")
    _fill_dangling_links(partial)
    partial.rename(root)
    shutil.rmtree(folder / "apt")


def _fetch(folder: Path, keyring: Path) -> list[Path]:
    """Download the packages with apt, which checks Debian's signatures."""
    downloads = folder / "downloads"
    for path in (folder / "lists/partial", folder / "cache/archives/partial", downloads):
        path.mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    source = folder / "sources.list"
    source.write_text(f"deb [signed-by={keyring}] {_debian_mirror()} sid main\n")
    options = {
        "Dir::Etc::sourcelist": source,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::Lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        # Apt's own account may not be able to enter this folder.
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    _run([*apt, "update"], "read the list of Debian's packages")
    _run([*apt, "download", *_PACKAGES], "download Odoo's package", cwd=downloads)
    return sorted(downloads.glob("*.deb"))


def _debian_mirror() -> str:
    """Return the address of the Debian mirror that this machine is set up to use."""
    listing = _run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(COMPONENT)", "Identifier: Packages"],
        "ask apt for the Debian mirror",
    )
    for line in listing.splitlines():
        address, _, component = line.partition(" ")
        if component == "main" and address.rstrip("/").endswith("/debian"):
            return address
    raise StackError(f"This machine's apt knows no Debian mirror. {_OTHERWISE}")


def _fill_dangling_links(root: Path) -> None:
    """Put an empty file where a link leads nowhere: Odoo fails on a page that names one."""
    for folder, _, names in os.walk(root / "usr/lib/python3/dist-packages/odoo"):
        for path in (Path(folder, name) for name in names):
            if path.is_symlink() and not path.exists():
                path.unlink()
                path.touch()


def _run(command: list[str], purpose: str, cwd: Path | None = None) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if result.returncode != 0:
        reason = result.stderr.strip().splitlines()[-3:]
        raise StackError(f"Could not {purpose}: {' '.join(reason)} {_OTHERWISE}")
    return result.stdout


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
