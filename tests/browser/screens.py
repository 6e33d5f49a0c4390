"""A browser that complains: every screen it looks at is held to what a screen has to be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from deployments.local.screenshots import FLAGS, find_chromium

WIDE, NARROW = 1366, 390
_HEIGHT = 900
_PATIENCE_MILLISECONDS = 30_000
_SERIOUS = {"serious", "critical"}
#: Debian's package of Odoo leaves out the blurring of a camera's background.
_LEFT_OUT = "selfie_segmentation"
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Screens:
    """One window of a browser and what is wrong with what was seen in it.

    Attributes:
        page: The window.
        troubles: Errors of the console, of scripts, and requests that left this machine.
    """

    page: Page
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen from the first request on."""
        self.page.set_default_timeout(_PATIENCE_MILLISECONDS)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))

    def serious(self, context: dict[str, Any] | None = None) -> set[str]:
        """Name the rules of axe-core that this screen breaks and that keep somebody out."""
        answer: dict[str, Any] = Axe().run(self.page, context=context).response
        return {
            f"{each['id']}: {each['nodes'][0]['html'][:160]}"
            for each in answer["violations"]
            if each["impact"] in _SERIOUS
        }

    def sideways(self) -> int:
        """By how many pixels the screen is wider than the window."""
        return int(self.page.evaluate(_WIDER))

    def _heard(self, message: Any) -> None:
        if message.type == "error" and _LEFT_OUT not in message.text:
            self.troubles.append(f"console: {message.text} {message.location.get('url', '')}")

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws"} and parts.hostname != "127.0.0.1":
            self.troubles.append(f"left this machine: {url}")


@contextmanager
def browsing(
    *, width: int = WIDE, dark: bool = False, print_out: bool = False
) -> Iterator[Screens]:
    """Open a window; at the end nothing may have been wrong with what was seen in it.

    Raises:
        StackError: There is no Chromium; it says how to get one.
    """
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=list(FLAGS)
        )
        context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": _HEIGHT},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        screens = Screens(context.new_page())
        if print_out:
            screens.page.emulate_media(media="print")
        yield screens
        browser.close()
    assert screens.troubles == []
