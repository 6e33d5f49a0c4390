"""Data Docs: the pages that Great Expectations builds, with their history, without a network."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from tasks.check.offline import make_offline
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
