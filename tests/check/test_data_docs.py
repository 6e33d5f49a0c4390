"""Data Docs keep every run and can be read on a machine without a network."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from urllib.parse import unquote

import pandas as pd
import pytest

from tasks.check.data_docs import localize
from tests.expectations import readback_cases
from tests.expectations.worlds import AS_OF, as_rows, check_readback, check_tables, frames, service

LOADS = re.compile(r"<(?:link|script|img)\b[^>]*?(?:href|src)=\"([^\"]+)\"|url\(['\"]?([^)'\"]+)")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """The start page after two checks of the source and one of Odoo."""
    docs = tmp_path_factory.mktemp("reports") / "data_docs"
    broken = service("broken")
    broken.user["email"] = None
    tables = frames(service("shop"), broken)
    for run in ("first run", "second run"):
        check_tables(as_rows(tables), as_of=AS_OF, docs_dir=docs, run_name=run)
    return check_readback(readback_cases.frames(), docs_dir=docs, run_name="second run").docs_index


def pages(index, table):
    return sorted(index.parent.glob(f"validations/{table}/**/*.html"))


def test_start_page_lists_every_run(index):
    shown = index.read_text()
    assert shown.count("first run") >= 4
    assert shown.count("second run") >= 7


def test_result_page_shows_the_sentence_and_the_row_of_each_run(index):
    assert len(pages(index, "users")) == 2
    for page in pages(index, "users"):
        shown = page.read_text()
        assert "Every customer has one well-formed email address." in shown
        assert "broken-user" in shown


def test_pages_load_only_files_of_the_site(index):
    site = list(index.parent.rglob("*.html"))
    assert len(site) == 2 * 5 + 4 + 9 + 1
    for page in site:
        loads = [first or second for first, second in LOADS.findall(page.read_text())]
        files = [load for load in loads if not load.startswith("data:")]
        assert len(files) >= 10
        assert [load for load in files if not (page.parent / unquote(load)).is_file()] == []


def test_styles_load_only_files_of_the_site(index):
    (icons,) = (index.parent / "vendor").rglob("fontawesome.min.css")
    assert (icons.parent / "../webfonts/fa-solid-900.woff2").is_file()
    for style in (index.parent / "vendor").rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", style.read_text())


def test_unknown_outside_load_is_dropped():
    page = '<script src="https://cdn.example.com/new.js" integrity="x"></script><p>kept</p>'
    assert localize(page, "vendor/") == "<p>kept</p>"


def test_empty_tables_get_pages_too(tmp_path):
    empty = {name: frame.iloc[:0] for name, frame in readback_cases.frames().items()}
    result = check_readback(empty, docs_dir=tmp_path, run_name="nothing")
    assert result.docs_index is not None
    assert len(pages(result.docs_index, "odoo_orders")) == 1
    assert [finding.rule for finding in result.findings] == ["table_empty"]


def test_big_table_with_many_broken_rows_is_published_without_their_ids(tmp_path):
    many = pd.DataFrame([{"entity": f"e{n}", "expected": 0, "found": 1} for n in range(2_100)])
    frames = {**readback_cases.frames(), "odoo_counts": many}
    result = check_readback(frames, docs_dir=tmp_path, run_name="bad day")
    assert sum(finding.table == "odoo_counts" for finding in result.findings) == 2_100
    (page,) = pages(result.docs_index, "odoo_counts")
    assert page.stat().st_size < 100_000


def test_some_hundred_broken_rows_are_published(tmp_path):
    """Of so many Great Expectations tells all positions, and some values."""
    worlds = [service(f"shop {number}") for number in range(300)]
    for number, world in enumerate(worlds):
        world.user.update(email=f"no address {number}")
    checked = check_tables(
        as_rows(frames(*worlds)), as_of=AS_OF, docs_dir=tmp_path, run_name="bad day"
    )
    assert len({finding.key for finding in checked.findings if finding.table == "users"}) == 300
    (page,) = pages(checked.docs_index, "users")
    assert "no address 0" in page.read_text()


HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "</div><svg/onload=alert(1)>",
    "&lt;b&gt;",
]


def test_what_a_table_holds_stays_text_on_every_page(tmp_path):
    """A customer who calls themselves a script runs nothing where finance reads."""
    worlds = []
    for number, text in enumerate(HOSTILE):
        named = service(f"named {number}")
        named.user.update(
            id=f"{number} {text}", email=text, country_code=text, stripe_customer_id=text
        )
        worlds.append(named)
    checked = check_tables(
        as_rows(frames(service("shop"), *worlds)),
        as_of=AS_OF,
        docs_dir=tmp_path,
        run_name="first run",
    )
    assert_text_only(checked.docs_index, HOSTILE)


def test_what_odoo_holds_stays_text_on_every_page(tmp_path):
    tables = readback_cases.frames()
    for frame in tables.values():
        for column in frame.columns:
            texts = frame[column].map(lambda cell: isinstance(cell, str))
            if texts.any():
                frame.loc[texts, column] = HOSTILE[0]
    checked = check_readback(tables, docs_dir=tmp_path, run_name="first run")
    assert_text_only(checked.docs_index, HOSTILE[:1])


def assert_text_only(index, texts):
    shown = "".join(page.read_text() for page in index.parent.rglob("*.html"))
    for text in texts:
        assert html.escape(text) in shown
        assert text not in shown


def test_page_shows_a_price_with_every_digit(tmp_path):
    odd = service("odd")
    odd.plan["cpu_rate_per_core_hour"] = Decimal("-0.12345678901234567890")
    tables = frames(service("shop"), odd)
    index = check_tables(
        as_rows(tables), as_of=AS_OF, docs_dir=tmp_path, run_name="a run"
    ).docs_index
    (page,) = pages(index, "plans")
    assert "-0.12345678901234567890" in page.read_text()
