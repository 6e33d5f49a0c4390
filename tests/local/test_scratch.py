"""The throw-away stack that every test against real parts stands on."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import odoorpc
import psycopg2
import pytest

from deployments.local.postgres import Cluster
from deployments.local.scratch import Scratch


def _login(scratch: Scratch, database: str) -> odoorpc.ODOO:
    address = urlsplit(scratch.odoo_url)
    client = odoorpc.ODOO(address.hostname, port=address.port)
    client.login(database, scratch.odoo_user, scratch.odoo_password)
    return client


def test_postgres_over_tcp_wrong_password_is_refused(postgres: Cluster) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(postgres.dsn("postgres", password="wrong"))


def test_odoo_database_is_canadian_with_ontario_tax(
    scratch: Scratch, odoo_database: Callable[[], str]
) -> None:
    client = _login(scratch, odoo_database())
    [company] = client.execute_kw(
        "res.company",
        "read",
        [[1], ["name", "chart_template", "currency_id", "account_sale_tax_id"]],
        {},
    )
    assert company["name"] == "NexaSystems"
    assert company["chart_template"] == "ca_2023"
    assert company["currency_id"][1] == "CAD"
    assert "13%" in company["account_sale_tax_id"][1]


def test_odoo_database_second_clone_does_not_see_the_first_ones_records(
    scratch: Scratch, odoo_database: Callable[[], str]
) -> None:
    first, second = (_login(scratch, odoo_database()) for _ in range(2))
    first.execute("res.partner", "create", [{"name": "Only here"}])
    assert first.execute("res.partner", "search_count", [("name", "=", "Only here")]) == 1
    assert second.execute("res.partner", "search_count", [("name", "=", "Only here")]) == 0
