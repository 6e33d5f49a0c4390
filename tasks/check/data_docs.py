"""Data Docs: the pages that Great Expectations builds, with their history, without a network."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from tasks.check.result import as_text
from tasks.check.suites import Suite
from tasks.check.validation import (
    Validated,
    build_suite,
    quiet,
    warm_up,
    without_progress_bars,
)

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
    )

# Naming each broken row costs a minute for half a million of them; a page shows a few anyway.
MAX_NAMED_ROWS = 2_000
# The start page reads each result that it lists: this bounds its time, a year of weekly runs.
MAX_LISTED_RESULTS = 52 * 7
SITE = "finance"


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


@dataclass(frozen=True, slots=True)
class Page:
    """What one page is about: a suite and the answer to it, with rows by name."""

    suite: Suite
    answer: ExpectationSuiteValidationResult


def start_page(docs_dir: Path) -> Path | None:
    """Return the start page of the Data Docs in a folder; None if there are none yet."""
    page = docs_dir / "site" / "index.html"
    return page if page.exists() else None


def publish(docs_dir: Path, run_name: str, pages: Sequence[Page]) -> Path:
    """Add a run to the Data Docs in ``docs_dir`` and return their start page.

    The results of every run stay in ``docs_dir/history``; the site, in ``docs_dir/site``, shows
    them all and loads nothing from outside. A second run of the same name is shown beside
    the first, by its time. A name needs a word: Great Expectations takes digits alone for a time
    and may fail at it. Runs that end together take turns: Great Expectations' folder
    bears one writer.
    """
    docs_dir.mkdir(parents=True, exist_ok=True)
    warm_up()
    with FileLock(docs_dir / "lock"), quiet():
        import great_expectations as gx
        from great_expectations.core.run_identifier import RunIdentifier

        site = docs_dir / "site"
        context = without_progress_bars(
            gx.get_context(mode="file", project_root_dir=docs_dir / "history")
        )
        _declare_site(context, site)
        run_id = RunIdentifier(run_name=run_name)
        added = [key for page in pages for key in _store(context, page, run_id)]
        # The pages of earlier runs stand already; building them again would take ever longer.
        context.build_data_docs(site_names=[SITE], resource_identifiers=added)
        make_offline(site)
    return site / "index.html"


def _declare_site(context: Any, site: Path) -> None:
    """Show one site of ours, without the adverts and how-to buttons of the shipped one."""
    config = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(site.resolve()),
        },
        "site_index_builder": {
            "class_name": "DefaultSiteIndexBuilder",
            "validation_results_limit": MAX_LISTED_RESULTS,
        },
    }
    if SITE in context.get_site_names():
        context.update_data_docs_site(SITE, config)
    else:
        context.add_data_docs_site(SITE, config)
    if "local_site" in context.get_site_names():
        context.delete_data_docs_site("local_site")


def _store(context: Any, page: Page, run_id: Any) -> tuple[Any, Any]:
    """Store a suite and its result, and name both."""
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    context.suites.add_or_update(build_suite(page.suite))
    named = ExpectationSuiteIdentifier(name=page.suite.name)
    answer = page.answer
    key = ValidationResultIdentifier(
        expectation_suite_identifier=named, run_id=run_id, batch_identifier=answer.batch_id
    )
    answer.meta |= {"run_id": run_id, "validation_time": run_id.run_time}
    for each in answer.results:
        # The pages show texts as they are, markup included.
        each.result = escaped(each.result)
        each.exception_info = escaped(each.exception_info)
    context.validation_results_store.store_validation_results(answer, key, named)
    return named, key


def escaped(value: Any) -> Any:
    """Return a value of JSON whose texts, at any depth, mean in HTML what they say.

    >>> escaped({"list": ["<b>", 1, None]})
    {'list': ['&lt;b&gt;', 1, None]}
    """
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, Mapping):
        return {key: escaped(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(each) for each in value]
    return value


def name_rows(suite: Suite, keys: pd.Series[Any], validated: Validated) -> None:
    """Let the results name rows by their key instead of their position, and values as they are.

    Great Expectations makes floats of exact numbers: texts keep every digit.

    Args:
        suite: The rules.
        keys: Of the rows that were validated, in their order.
        validated: What came of it.
    """
    broken = sum(len(result.broken or ()) for result in validated.rules)
    names = [as_text(key) for key in keys.tolist()]
    for each in validated.answer.results:
        told, column = each.result, _column(each)
        told.pop("unexpected_index_query", None)
        positions = told.pop("unexpected_index_list", None)
        values = told.pop("unexpected_list", None)
        told.update(
            (name, [_told(value) for value in listed])
            for name, listed in told.items()
            if isinstance(listed, list)
        )
        if positions is None or broken > MAX_NAMED_ROWS:
            continue
        values = [_told(value) for value in values]
        rows = [
            {column: value, suite.key: names[at]}
            # Of values Great Expectations tells the first ones alone, of positions all.
            for value, at in zip(values, positions, strict=False)
        ]
        told |= {
            "unexpected_list": values,
            "unexpected_index_list": rows,
            "unexpected_index_column_names": [suite.key],
            "partial_unexpected_index_list": rows[: len(told["partial_unexpected_index_list"])],
        }


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _told(held) for name, held in value.items()}
    return as_text(value) if isinstance(value, Decimal) else value


def _column(answer: Any) -> str:
    """Give the column that a rule looks at; empty if it looks at the table as a whole."""
    return str(answer.expectation_config.kwargs.get("column", ""))


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
