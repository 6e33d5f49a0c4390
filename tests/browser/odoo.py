"""Odoo's own screens, as a person at a keyboard goes through them."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

from tests.browser.screens import Screens

ACTION = "action-fusion_centralize_billing"
#: What a view draws: the frame around it is Odoo's web client, the same on every screen.
_VIEW = (".o_content", ".modal-content")
#: Odoo's badges have Odoo's colours.
_BADGES = [[".badge"], ["[class*=text-bg-]"]]
_FAR = 200
_PAUSE_MILLISECONDS = 50
#: Nothing is on its way, and nothing fades: a colour that changes has no contrast to measure.
_AT_REST = "!document.querySelector('.o_loading_indicator') && !document.getAnimations().length"
_FOCUSED = "element => element === document.activeElement"


def log_in(screens: Screens, url: str, database: str, login: str, password: str) -> None:
    """Log in at Odoo's own page, by keyboard."""
    page = screens.page
    page.goto(f"{url}/web/login?db={database}")
    page.fill("input[name=login]", login)
    page.keyboard.press("Tab")
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/odoo**")


def go(screens: Screens, url: str, path: str) -> None:
    """Open a screen by its address, and wait until it is drawn."""
    screens.page.goto(f"{url}/odoo/{path}")
    drawn(screens.page)


def drawn(page: Page) -> None:
    """Wait until a view, or a dialog, is drawn and nothing is on its way."""
    page.wait_for_selector(".o_action_manager .o_content > *, .modal-content .o_form_view")
    page.wait_for_function(_AT_REST)


def breaks(screens: Screens) -> set[str]:
    """Name the serious rules of axe-core that what is drawn in a view breaks, with an element."""
    include = [[name] for name in _VIEW if screens.page.locator(name).count()]
    return screens.serious({"include": include, "exclude": _BADGES})


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus; that it never has is an error."""
    for _ in range(_FAR):
        if target.evaluate(_FOCUSED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} cannot be reached by keyboard")


def arrow_to(page: Page, rows: str) -> None:
    """Press the arrow down until a row of this kind has the focus; the list may still be drawn."""
    page.wait_for_selector(rows)
    for _ in range(_FAR):
        if page.evaluate("rows => document.activeElement.closest(rows) !== null", rows):
            return
        page.keyboard.press("ArrowDown")
        page.wait_for_timeout(_PAUSE_MILLISECONDS)
    raise AssertionError(f"{rows} cannot be reached by keyboard")


def press(page: Page, name: str, within: str = ".o_action_manager") -> None:
    """Go to a button by keyboard and press it."""
    tab_to(page, page.locator(within).get_by_role("button", name=name, exact=True).first)
    page.keyboard.press("Enter")
