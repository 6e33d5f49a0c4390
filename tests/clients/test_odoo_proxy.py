"""What stands between us and Odoo asks to wait, points elsewhere, or shows a page of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tasks.clients.odoo.connection import Odoo, OdooAccess
from tasks.model.errors import ConfigError, FatalError, RetryableError, TooLargeError
from tasks.model.records import LoadedRow, Outcome
from tasks.run.batches import in_parts
from tests.proxy import PAGE, Proxy, proxy_of


@pytest.fixture(scope="module")
def proxy(stack) -> Iterator[Proxy]:
    with proxy_of(stack.odoo_url) as made:
        yield made


@pytest.fixture(scope="module")
def access(stack, proxy) -> OdooAccess:
    return OdooAccess(proxy.url, stack.odoo_db, stack.odoo_user, stack.odoo_password)


@pytest.fixture(scope="module")
def odoo(access) -> Odoo:
    return Odoo(access)


def count(odoo: Odoo) -> int:
    return odoo.call("res.company", "search_count", [])


@pytest.mark.parametrize("headers", [{"Retry-After": "0"}, {"Retry-After": "0.2"}, {}])
def test_too_many_requests_are_waited_for(headers, odoo, proxy):
    proxy.next = [(429, headers, PAGE)]
    before = proxy.seen
    assert count(odoo) == 1
    assert proxy.seen == before + 2


def test_a_wait_longer_than_a_run_has_is_told_instead(odoo, proxy):
    proxy.next = [(429, {"Retry-After": "3600"}, PAGE)]
    with pytest.raises(RetryableError) as refused:
        count(odoo)
    assert refused.value.after_seconds == 3600


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_server_that_is_away_may_be_back(status, odoo, proxy):
    proxy.next = [(status, {}, PAGE)]
    with pytest.raises(RetryableError, match=str(status)):
        count(odoo)


@pytest.mark.parametrize("status", [200, 404, 410])
def test_a_page_in_the_middle_of_a_load_is_no_end(status, odoo, proxy):
    proxy.next = [(status, {"Content-Type": "text/html"}, PAGE)]
    with pytest.raises(RetryableError, match="in front of it"):
        count(odoo)
    assert count(odoo) == 1


@pytest.mark.parametrize("status", [200, 404])
def test_a_page_at_the_first_question_is_a_wrong_address(status, access, proxy):
    proxy.next = [(status, {}, PAGE)] * 2
    with pytest.raises(ConfigError, match="ODOO_URL"):
        Odoo(access)
    proxy.next = []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_names_where_to(status, odoo, proxy):
    proxy.next = [(status, {"Location": "https://erp.example.com/jsonrpc?key=secret"}, "")]
    with pytest.raises(ConfigError) as refused:
        count(odoo)
    assert "https://erp.example.com/jsonrpc" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("status", [401, 403, 407])
def test_a_proxy_that_denies_access_is_not_odoo(status, odoo, proxy):
    proxy.next = [(status, {}, PAGE)]
    with pytest.raises(ConfigError, match="in front of Odoo denies access"):
        count(odoo)


def test_a_request_that_is_too_large_goes_in_halves(odoo, proxy):
    def send(wire: dict) -> list[LoadedRow]:
        names = [row["name"] for row in wire["rows"]]
        odoo.call("res.company", "search_count", [("name", "in", names)])
        sent.append(wire["key"])
        return [LoadedRow("row", name, Outcome.CREATED) for name in names]

    sent: list[str] = []
    names = [f"{number:04d}" + "x" * 1000 for number in range(40)]
    proxy.most_bytes = 13_000
    try:
        answers = in_parts(
            {"key": "00001", "rows": [{"name": name} for name in names]}, send, split_at="rows"
        )
        assert [answer.external_id for answer in answers] == names
        assert sent == ["00001aa", "00001ab", "00001ba", "00001bb"]
        proxy.most_bytes = 100
        with pytest.raises(TooLargeError, match="client_max_body_size"):
            in_parts({"key": "1", "rows": [{"name": "x" * 1000}]}, send, split_at="rows")
    finally:
        proxy.most_bytes = 1 << 30
    assert issubclass(TooLargeError, FatalError)
