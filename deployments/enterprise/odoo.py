"""Odoo's own command line: copy a database, run tests on the copy, drop it."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.local.odoo_addons import ADDONS, addon_names
from deployments.local.processes import free_port, tail

CONTRACT = "enterprise_contract"
STAND_IN_ONLY = "stand_in"
"""Tests that need a helper which only the stand-in has."""


class EnterpriseError(Exception):
    """Odoo, its configuration or its database is not as it must be; the text says what to do."""


@dataclass(frozen=True)
class OdooCommand:
    """A way to start somebody's Odoo.

    Attributes:
        command: The program and its first arguments, such as `odoo-bin`.
        config: Odoo's configuration file; its addons path is kept, ours is added.
        log: Where Odoo's output goes.
    """

    command: tuple[str, ...]
    config: Path
    log: Path

    def addons_path(self) -> list[Path]:
        """Return the configuration's folders, ours first; the stand-in's is never among ours.

        Raises:
            EnterpriseError: The file is not there, or has no addons path.
        """
        parser = ConfigParser(interpolation=None)
        if not parser.read(self.config):
            raise EnterpriseError(f"No configuration of Odoo at {self.config}: give --config.")
        said = parser.get("options", "addons_path", fallback="")
        folders = [Path(part.strip()) for part in said.split(",") if part.strip()]
        if not folders:
            raise EnterpriseError(f"{self.config} has no addons_path: write Odoo's folders there.")
        return [ADDONS, *(folder for folder in folders if folder != ADDONS)]

    def subscriptions(self) -> dict[str, Any]:
        """Return the manifest of the `sale_subscription` that Odoo will find, with its `path`.

        Raises:
            EnterpriseError: There is none.
        """
        for folder in self.addons_path():
            manifest = folder / "sale_subscription" / "__manifest__.py"
            if manifest.exists():
                read: dict[str, Any] = ast.literal_eval(manifest.read_text())
                return {**read, "path": str(manifest.parent)}
        raise EnterpriseError(
            "No folder of the addons path has sale_subscription: add Enterprise's to the "
            f"addons_path of {self.config}."
        )

    @contextmanager
    def copy_of(self, database: str, name: str) -> Iterator[None]:
        """Copy a database, neutralized, and drop the copy in the end, whatever happens.

        Odoo ends the sessions of the original for the moment of copying.

        Raises:
            EnterpriseError: It could not be copied.
        """
        self._run("db", *self._options(), "duplicate", "--neutralize", database, name)
        try:
            yield
        finally:
            self._run("db", *self._options(), "drop", name)

    def test(self, database: str, *, only_contract: bool) -> None:
        """Install or update our addons in a database and run tests; the log tells how they went."""
        addons = addon_names()
        tags = [CONTRACT] if only_contract else [f"/{name}" for name in addons]
        self._run(
            *self._options(),
            f"--database={database}",
            f"--init={','.join(addons)}",
            f"--update={','.join(addons)}",
            f"--test-tags={','.join([*tags, f'-{STAND_IN_ONLY}'])}",
            # Odoo 19 serves HTTP while it tests, whatever it is told.
            f"--http-port={free_port()}",
            "--workers=0",
            "--max-cron-threads=0",
            "--stop-after-init",
            may_fail=True,
        )

    def _options(self) -> Sequence[str]:
        path = ",".join(str(folder) for folder in self.addons_path())
        return (f"--config={self.config}", f"--addons-path={path}")

    def _run(self, *arguments: str, may_fail: bool = False) -> None:
        with self.log.open("ab") as output:
            try:
                result = subprocess.run(
                    [*self.command, *arguments], stdout=output, stderr=output, check=False
                )
            except OSError as fault:
                raise EnterpriseError(
                    f"Odoo cannot be started with '{' '.join(self.command)}': {fault.strerror}. "
                    "Give --odoo."
                ) from fault
        if result.returncode and not may_fail:
            step = next(word for word in arguments if not word.startswith("-"))
            raise EnterpriseError(
                f"Odoo's step '{step}' failed; {self.log} ends:\n{tail(self.log)}"
            )
