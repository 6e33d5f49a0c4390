"""Where the stack keeps its files, and which account its database server runs as."""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from deployments.local import StackError
from deployments.local.processes import Account

PROJECT = Path(__file__).resolve().parents[2]

_SOCKET_PATH_LIMIT = 80
"""Unix socket paths are cut at about 100 bytes; PostgreSQL adds a file name."""


@dataclass(frozen=True)
class Places:
    """The folders of one stack.

    Attributes:
        state: What belongs to this stack: its state, logs, databases.
        cache: What can be made again and is shared by stacks: Odoo, template databases.
    """

    state: Path
    cache: Path

    @classmethod
    def from_environment(cls) -> Places:
        """Read NEXA_STATE_DIR and NEXA_CACHE_DIR; by default both lie in the project."""
        return cls(
            state=Path(os.environ.get("NEXA_STATE_DIR", PROJECT / ".local")).resolve(),
            cache=Path(os.environ.get("NEXA_CACHE_DIR", PROJECT / ".cache")).resolve(),
        )

    @property
    def logs(self) -> Path:
        """Folder of the servers' logs."""
        return self.state / "logs"

    @property
    def postgres(self) -> Path:
        """Folder of this stack's database cluster."""
        return reachable(self.state / "postgres", short=True)

    @property
    def templates(self) -> Path:
        """Folder of the template clusters, one for each version of Odoo and of the addons."""
        return reachable(self.cache / "templates")


def server_account() -> Account | None:
    """Return the account for PostgreSQL, which refuses root; None means the caller's own."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise StackError(
            "PostgreSQL refuses to run as root and this machine has no account `nobody`: "
            "run as a normal user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def reachable(wanted: Path, *, short: bool = False) -> Path:
    """Return the wanted folder, or a stand-in below /var/tmp that PostgreSQL can use.

    The stand-in is needed when PostgreSQL runs as another account that may not enter one of
    the parent folders, or when the path is too long for a Unix socket. It is always the same
    for the same wanted folder.

    Args:
        wanted: The natural place.
        short: The folder will hold a Unix socket.
    """
    fits = not short or len(os.fsencode(wanted)) <= _SOCKET_PATH_LIMIT
    if fits and (server_account() is None or can_others_enter(wanted.parent)):
        return wanted
    digest = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    return Path("/var/tmp") / f"nexa-billing-{os.geteuid()}-{digest}"  # noqa: S108


def can_others_enter(folder: Path) -> bool:
    """Tell whether any account may enter a folder, or could once the folder exists."""
    existing = [path for path in (folder, *folder.parents) if path.exists()]
    return all(path.stat().st_mode & stat.S_IXOTH for path in existing)


def make_folder(folder: Path) -> Path:
    """Create a folder that others may enter but not list; refuse one that others own."""
    for path in reversed([folder, *folder.parents]):
        if not path.exists():
            # Another process may need the same folder at the same moment.
            path.mkdir(mode=0o711, exist_ok=True)
            path.chmod(0o711)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise StackError(f"{folder} belongs to somebody else: remove it, then try again.")
    return folder
