"""Pictures of what people see, for the docs: ``python -m deployments.local.screenshots``.

It visits the running stack (`make up`, and some runs) with a Chromium of the machine: the one that
CHROMIUM names, else the one on the PATH. A page that is not there yet is left out, and said.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, sync_playwright

from deployments.local import StackError, stack
from deployments.local.places import PROJECT, Places
from deployments.local.state import State

FOLDER = PROJECT / "docs"
#: It looks at pages of this machine only, as whoever runs it, also as root.
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
_WIDTH, _HEIGHT = 1360, 900
_SETTLE_MILLISECONDS = 1500
_PATIENCE_MILLISECONDS = 20_000
_ADDON = "fusion_centralize_billing"

Act = Callable[[Page], None]


@dataclass(frozen=True)
class Shot:
    """One picture: an address, what to do there, and whether the page is taken in whole."""

    name: str
    url: str
    act: Act | None = None
    whole: bool = False


def take(names: list[str], folder: Path) -> int:
    """Take the named pictures, or all; returns how many were taken.

    Raises:
        StackError: The stack is down, or there is no Chromium.
    """
    places = Places.from_environment()
    if not stack.is_up(places, State.load(places)):
        raise StackError("The stack is down: `make up` starts it.")
    content = stack.read_stack(places)
    chromium = find_chromium()
    taken = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        page.set_default_timeout(_PATIENCE_MILLISECONDS)
        _log_in_to_prefect(page, content)
        _log_in(page, content)
        for shot in _shots(content):
            if not names or shot.name in names:
                taken += _take(page, shot, folder)
        browser.close()
    return taken


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


def _log_in_to_prefect(page: Page, content: dict[str, Any]) -> None:
    """Let Prefect's page find the login where it keeps it once somebody has typed it."""
    kept = base64.b64encode(content["_internal"]["prefect_login"].encode()).decode()
    url = json.dumps(content["prefect_url"])
    page.add_init_script(
        f"if (location.origin === {url}) localStorage.setItem('prefect-password', '{kept}')"
    )


def _shots(content: dict[str, Any]) -> list[Shot]:
    login = content["_internal"]["prefect_login"]
    return [
        *_of_prefect(content["prefect_url"], login),
        *_of_odoo(content["odoo_url"]),
        *_of_reports(),
    ]


def _of_prefect(url: str | None, login: str) -> list[Shot]:
    if url is None:
        return []
    shots = [
        Shot("prefect-deployments", f"{url}/v2/deployments"),
        Shot("prefect-runs", f"{url}/v2/runs"),
    ]
    for flow in ("backfill", "dual-run", "cutover"):
        if run := _newest_run(url, login, flow):
            shots.append(Shot(f"prefect-{flow}-run", f"{url}/v2/runs/flow-run/{run}"))
    if run := _newest_run(url, login, "cutover", state="PAUSED"):
        shots.append(Shot("prefect-approval", f"{url}/v2/runs/flow-run/{run}", _open_form))
    return shots


def _of_odoo(url: str) -> list[Shot]:
    lists = {
        "odoo-shadow-orders": ".shadow_order_action",
        "odoo-import-runs": ".fusion_billing_import_run_action",
        "odoo-cycles": "_cutover.fusion_billing_cycle_action",
        "odoo-cutovers": "_cutover.fusion_billing_cutover_action",
        "odoo-approvals": "_cutover.fusion_billing_approval_action",
        "odoo-differences": "_reconciliation.fusion_billing_reconciliation_action",
    }
    shots = [Shot(name, f"{url}/odoo/action-{_ADDON}{action}") for name, action in lists.items()]
    opened = ("odoo-cutover", f"{url}/odoo/action-{_ADDON}_cutover.fusion_billing_cutover_action")
    return [*shots, Shot(*opened, act=_open_first)]


def _of_reports() -> list[Shot]:
    pages = (PROJECT / "reports").glob("*/latest/index.html")
    return [
        Shot(f"{path.parts[-3]}-report", path.resolve().as_uri(), whole=path.parts[-3] == "cutover")
        for path in sorted(pages)
    ]


def _log_in(page: Page, content: dict[str, Any]) -> None:
    page.goto(f"{content['odoo_url']}/web/login")
    page.fill("input[name=login]", content["odoo_user"])
    page.fill("input[name=password]", content["odoo_password"])
    page.click("button[type=submit]")
    page.wait_for_url("**/odoo**")


def _take(page: Page, shot: Shot, folder: Path) -> int:
    path = folder / f"{shot.name}.png"
    try:
        page.goto(shot.url)
        with suppress(BrowserError):
            page.wait_for_load_state("networkidle", timeout=_PATIENCE_MILLISECONDS)
        page.wait_for_timeout(_SETTLE_MILLISECONDS)
        if shot.act:
            shot.act(page)
            page.wait_for_timeout(_SETTLE_MILLISECONDS)
        page.screenshot(path=path, full_page=shot.whole)
    except BrowserError as error:
        sys.stderr.write(f"left out {shot.name}: {str(error).splitlines()[0]}\n")
        return 0
    sys.stderr.write(f"{path}\n")
    return 1


def _open_form(page: Page) -> None:
    """Open the form of a run that waits for an approval: its button, or in the menu."""
    resume = page.get_by_role("button", name="Resume")
    if not resume.count():
        page.get_by_role("button", name="Open menu").or_(
            page.locator("[aria-haspopup=menu]").last
        ).last.click()
        resume = page.get_by_role("menuitem", name="Resume")
    resume.first.click()


def _open_first(page: Page) -> None:
    page.locator(".o_data_row .o_data_cell").first.click()


def _newest_run(url: str, login: str, flow: str, state: str | None = None) -> str | None:
    wanted: dict[str, Any] = {"flows": {"name": {"any_": [flow]}}, "sort": "START_TIME_DESC"}
    states = {"type": {"any_": [state]}} if state else {"type": {"not_any_": ["SCHEDULED"]}}
    wanted["flow_runs"] = {"state": states}
    user, _, password = login.partition(":")
    answer = httpx.post(
        f"{url}/api/flow_runs/filter",
        json={**wanted, "limit": 1},
        auth=(user, password),
        timeout=30,
    )
    runs = answer.raise_for_status().json()
    return str(runs[0]["id"]) if runs else None


def main(arguments: list[str] | None = None) -> int:
    """Take pictures; exit code 2 if that cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m deployments.local.screenshots")
    parser.add_argument("names", nargs="*", help="which pictures (all)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to (docs)")
    options = parser.parse_args(arguments)
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        taken = take(options.names, options.folder)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0 if taken else 1


if __name__ == "__main__":
    sys.exit(main())
