"""Finding Odoo: a person without Debian, or with another version, learns what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.local import StackError
from deployments.local.odoo_package import find_odoo


def _release(folder: Path, version: str) -> Path:
    (folder / "odoo").mkdir(parents=True)
    (folder / "odoo" / "release.py").write_text(f"version_info = ({version}, 0, FINAL, 0, '')\n")
    return folder


def test_find_odoo_on_a_machine_without_apt_names_the_alternatives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ODOO_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackError, match=r"ODOO_HOME.*compose\.yaml"):
        find_odoo(tmp_path)


def test_find_odoo_in_a_home_of_another_version_refuses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODOO_HOME", str(_release(tmp_path, "18")))
    with pytest.raises(StackError, match="another version than Odoo 19"):
        find_odoo(tmp_path)


def test_find_odoo_in_a_source_checkout_adds_its_addons_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODOO_HOME", str(_release(tmp_path, "19")))
    found = find_odoo(tmp_path)
    assert found.version == "19.0"
    assert found.addons == (tmp_path / "addons",)
