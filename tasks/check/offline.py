"""Make a built Data Docs site load its styles, scripts and fonts from its own folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

STATIC_DIR = Path(__file__).parent / "static"
VENDOR = "vendor"

#: What a page loads, by a mark in its address, and the vendored file that stands in for it.
_LOCAL_FILES = {
    "bootstrap-table-filter-control.min.js": "js/bootstrap-table-filter-control.min.js",
    "bootstrap-table-filter-control": "css/bootstrap-table-filter-control.min.css",
    "bootstrap-table.min.css": "css/bootstrap-table.min.css",
    "bootstrap-table.min.js": "js/bootstrap-table.min.js",
    "bootstrap-datepicker.min.css": "css/bootstrap-datepicker.min.css",
    "bootstrap-datepicker.min.js": "js/bootstrap-datepicker.min.js",
    "bootstrap.min.css": "css/bootstrap.min.css",
    "bootstrap.min.js": "js/bootstrap.min.js",
    "font-awesome": "css/fontawesome.min.css",
    "jquery": "js/jquery.min.js",
    "popper": "js/popper.min.js",
}
_LOADS = re.compile(
    r"<link\b[^>]*\bhref=\"(?P<style>https?://[^\"]*)\"[^>]*>"
    r"|<script\b[^>]*\bsrc=\"(?P<script>https?://[^\"]*)\"[^>]*>\s*</script>"
)
# Great Expectations counts the folders wrongly, so that most pages would miss the file.
_FAVICON = re.compile(r"<link\b[^>]*\brel=\"shortcut icon\"[^>]*>")
_LOGO = re.compile(r"<img\b[^>]*\bsrc=\"https?://[^\"]*\"[^>]*>", re.DOTALL)
_CSS_URL = re.compile(r"url\(['\"]?https?://[^)]*\)")
_FOOTER = re.compile(r"<footer\b.*?</footer>", re.DOTALL)


def make_offline(site: Path) -> None:
    """Rewrite every page of a site so that it loads nothing from outside; safe to repeat."""
    shutil.copytree(STATIC_DIR, site / VENDOR, dirs_exist_ok=True)
    for page in site.rglob("*.html"):
        up = "../" * (len(page.relative_to(site).parts) - 1)
        html = page.read_text(encoding="utf-8")
        local = localize(html, f"{up}{VENDOR}/")
        if local != html:
            page.write_text(local, encoding="utf-8")


def localize(html: str, vendor: str) -> str:
    """Point a page's loads at the vendored files; what has no such file is dropped.

    Args:
        html: The page as built.
        vendor: Relative address of the vendored files, with a closing slash.
    """
    html = _LOADS.sub(lambda load: _local_load(load, vendor), html)
    html = _FAVICON.sub("", html)
    html = _LOGO.sub("<strong>Data quality</strong>", html)
    return _FOOTER.sub("", _CSS_URL.sub("none", html))


def _local_load(load: re.Match[str], vendor: str) -> str:
    url = load["style"] or load["script"]
    name = next((name for mark, name in _LOCAL_FILES.items() if mark in url), None)
    if name is None:
        return ""
    if load["style"]:
        return f'<link rel="stylesheet" href="{vendor}{name}">'
    return f'<script src="{vendor}{name}"></script>'
