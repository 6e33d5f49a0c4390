"""Data Docs: the pages that Great Expectations builds, with their history, without a network."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from tasks.check.offline import make_offline
from tasks.check.suites import Suite
from tasks.check.validation import build_suite, quiet, without_progress_bars

if TYPE_CHECKING:
    import pandas as pd

# Naming each broken row costs a minute for half a million of them; a page shows a few anyway.
MAX_NAMED_ROWS = 2_000
# The start page reads each result that it lists: this bounds its time, a year of weekly runs.
MAX_LISTED_RESULTS = 52 * 7
SITE = "finance"


@dataclass(frozen=True, slots=True)
class Page:
    """What one page is about; ``broken`` counts its findings."""

    suite: Suite
    frame: pd.DataFrame
    broken: int


def publish(docs_dir: Path, run_name: str, pages: Sequence[Page]) -> Path:
    """Add a run to the Data Docs in ``docs_dir`` and return their start page.

    The results of every run stay in ``docs_dir/history``; the site, in ``docs_dir/site``, shows
    them all and loads nothing from outside. A second run of the same name is shown beside
    the first, by its time. A name needs a word: Great Expectations takes digits alone for a time
    and may fail at it. Runs that end together take turns: Great Expectations' folder
    bears one writer.
    """
    docs_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(docs_dir / "lock"), quiet():
        import great_expectations as gx
        from great_expectations.core.run_identifier import RunIdentifier
        from great_expectations.data_context.types.resource_identifiers import (
            ExpectationSuiteIdentifier,
        )

        site = docs_dir / "site"
        context = without_progress_bars(
            gx.get_context(mode="file", project_root_dir=docs_dir / "history")
        )
        _declare_site(context, site)
        run_id = RunIdentifier(run_name=run_name)
        for page in pages:
            _store_results(context, page, run_id)
        results = _results_of(context, run_id)
        _escape(context, results)
        suites = [ExpectationSuiteIdentifier(page.suite.name) for page in pages]
        # The pages of earlier runs stand already; building them again would take ever longer.
        context.build_data_docs(site_names=[SITE], resource_identifiers=[*suites, *results])
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


def _store_results(context: Any, page: Page, run_id: Any) -> None:
    import great_expectations as gx

    suite = context.suites.add_or_update(build_suite(page.suite))
    source = context.data_sources.add_or_update_pandas(page.suite.name)
    asset = source.add_dataframe_asset(page.suite.name)
    definition = context.validation_definitions.add_or_update(
        gx.ValidationDefinition(
            name=page.suite.name,
            data=asset.add_batch_definition_whole_dataframe("all rows"),
            suite=suite,
        )
    )
    definition.run(
        batch_parameters={"dataframe": page.frame},
        run_id=run_id,
        result_format=_result_format(page),
    )


def _results_of(context: Any, run_id: Any) -> list[Any]:
    """Name the results of this run, each of which gets a page."""
    keys = context.validation_results_store.list_keys()
    return [key for key in keys if key.run_id.to_tuple() == run_id.to_tuple()]


def _escape(context: Any, keys: Sequence[Any]) -> None:
    """Make text of what the results quote: the pages show it as it is, markup included."""
    store = context.validation_results_store
    for key in keys:
        result = store.get(key)
        for each in result.results:
            each.result = escaped(each.result)
            each.exception_info = escaped(each.exception_info)
        store.set(key, result)


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


def _result_format(page: Page) -> dict[str, Any]:
    if page.broken > MAX_NAMED_ROWS:
        return {"result_format": "SUMMARY"}
    return {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": [page.suite.key],
        "return_unexpected_index_query": False,
    }
