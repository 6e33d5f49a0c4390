"""Template clusters: a PostgreSQL data folder with an Odoo database that is ready to clone.

Installing Odoo takes a minute or two, copying a folder about a second. Two stages are kept
apart, so that a change of our addons does not install Odoo anew: `base` (Odoo with a Canadian
company, for each version of Odoo) and `addons` (base with our addons, for each content).
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from deployments.local.odoo_addons import own_addons, own_addons_digest
from deployments.local.odoo_package import OdooSource
from deployments.local.odoo_server import Odoo
from deployments.local.places import Places, make_folder
from deployments.local.postgres import Cluster
from deployments.local.processes import free_port
from deployments.local.progress import Progress

DATABASE = "odoo_template"
"""The database to clone; it is closed to connections, which would hinder cloning."""

_KEPT = 3
"""Templates of this many earlier states of the addons are kept, for switching branches."""


def ensure_template(places: Places, source: OdooSource, python: Path, progress: Progress) -> Path:
    """Return a folder with `data` (a stopped cluster) and `filestore`; build it if need be."""
    folder = make_folder(places.templates)
    base = folder / f"base-{_base_digest(source)}"
    final = folder / f"addons-{base.name.removeprefix('base-')}-{own_addons_digest()}"
    with FileLock(places.cache / "templates.lock"):
        if not base.exists():
            with progress.step("Odoo: install accounting and sales, once per version"):
                _build(base, None, source, python, places.logs, _install_base)
        if not final.exists():
            with progress.step("Odoo: install the addons, once per change"):
                _build(final, base, source, python, places.logs, _install_addons)
            _prune(folder)
        final.touch()
    return final


def base_of(template: Path) -> Path:
    """Return the template on which one of ``ensure_template`` was built: without our addons."""
    return template.with_name(f"base-{template.name.split('-')[1]}")


def _install_base(odoo: Odoo, log: Path) -> None:
    odoo.cluster.sql(f"CREATE DATABASE {DATABASE} OWNER odoo")
    odoo.run_script("prepare.py", "base", str(odoo.settings), DATABASE, log=log)


def _install_addons(odoo: Odoo, log: Path) -> None:
    odoo.run_script("prepare.py", "addons", str(odoo.settings), DATABASE, *own_addons(), log=log)
    odoo.cluster.sql(f"ALTER DATABASE {DATABASE} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")


def _build(
    target: Path,
    start_from: Path | None,
    source: OdooSource,
    python: Path,
    logs: Path,
    install: Callable[[Odoo, Path], None],
) -> None:
    """Build a template in a folder beside the target and move it there once complete."""
    partial = target.with_name(f"{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    cluster = Cluster(make_folder(partial), free_port(), secrets.token_urlsafe(24))
    try:
        if start_from is None:
            cluster.create()
        else:
            cluster.copy_from(start_from / "data")
            shutil.copytree(start_from / "filestore", partial / "odoo" / "filestore")
        cluster.set_password()
        log = logs / "template-postgres.log"
        server = cluster.start(log=log, durable=False)
        try:
            cluster.wait(server, log)
            odoo = Odoo(source, python, cluster, secrets.token_urlsafe(24), partial / "odoo")
            odoo.set_role_password()
            odoo.configure(port=free_port(), workers=0, database=DATABASE)
            install(odoo, logs / "template-odoo.log")
        finally:
            server.stop()
        (partial / "odoo" / "filestore").rename(partial / "filestore")
        shutil.rmtree(partial / "odoo")
        shutil.rmtree(cluster.socket)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _base_digest(source: OdooSource) -> str:
    """Return a digest of what a base template is made of."""
    recipe = Path(__file__).with_name("odoo_side") / "prepare.py"
    parts = (str(source.python_path).encode(), source.version.encode(), recipe.read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]


def _prune(folder: Path) -> None:
    """Delete the templates of old states of the addons, and bases that none is built on."""
    ready = [path for path in folder.glob("addons-*") if not path.name.endswith(".part")]
    for path in sorted(ready, key=lambda ready_one: ready_one.stat().st_mtime)[: -_KEPT - 1]:
        shutil.rmtree(path)
    for base in folder.glob("base-*"):
        if not any(folder.glob(f"addons-{base.name.removeprefix('base-')}-*")):
            shutil.rmtree(base)
