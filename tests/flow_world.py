"""A world to run flows in: a sample of NexaCloud, a pristine Odoo, a Prefect, a reports folder."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import odoorpc
import psycopg2
import pytest

from deployments.local.scratch import Scratch

ROOT = Path(__file__).parents[1]
CUSTOMERS = 150

#: What the business sees of a copy, without ids, times and the log of runs.
BUSINESS = {
    "contacts": """
        SELECT s.code, l.external_id, l.stripe_customer_id, p.name, p.email, p.phone, p.street,
               p.city, p.zip, t.code, c.code, p.company_name, p.active
        FROM fusion_billing_account_link l
        JOIN fusion_billing_service s ON s.id = l.service_id
        JOIN res_partner p ON p.id = l.partner_id
        LEFT JOIN res_country c ON c.id = p.country_id
        LEFT JOIN res_country_state t ON t.id = p.state_id""",
    "shared contacts": """
        SELECT count(*), count(DISTINCT partner_id) FROM fusion_billing_account_link""",
    "plans": """
        SELECT code, external_id, name, active FROM fusion_billing_plan""",
    "charges": """
        SELECT plan_code, plan_id, included_quota::text, price_per_unit::text, unit_batch,
               charge_model
        FROM fusion_billing_charge""",
    "orders": """
        SELECT o.x_fc_external_id, o.name, o.state, o.x_fc_shadow, o.client_order_ref,
               o.x_fc_nexacloud_subscription_id, o.x_fc_nexacloud_plan_id, o.start_date,
               o.next_invoice_date, k.external_id, n.name, o.amount_total::text
        FROM sale_order o
        JOIN sale_subscription_plan n ON n.id = o.plan_id
        LEFT JOIN LATERAL (
            SELECT min(external_id) AS external_id FROM fusion_billing_account_link
            WHERE partner_id = o.partner_id) k ON true
        WHERE o.x_fc_external_id IS NOT NULL""",
    "lines": """
        SELECT o.x_fc_external_id, q.default_code, l.product_uom_qty::text, l.price_unit::text
        FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id
        JOIN product_product q ON q.id = l.product_id""",
    "usage": """
        SELECT o.x_fc_external_id, m.code, u.period_start, u.period_end, u.quantity::text
        FROM fusion_billing_usage u
        JOIN sale_order o ON o.id = u.subscription_id
        JOIN fusion_billing_metric m ON m.id = u.metric_id""",
    "ratings": """
        SELECT o.x_fc_external_id, r.period_start, r.units::text, r.amount::text, r.state,
               r.explanation
        FROM fusion_billing_rating r JOIN sale_order o ON o.id = r.subscription_id""",
    "everything else": """
        SELECT (SELECT count(*) FROM res_partner), (SELECT count(*) FROM product_template),
               (SELECT count(*) FROM sale_order), (SELECT count(*) FROM account_move),
               (SELECT count(*) FROM mail_mail)""",
}


@dataclass
class World:
    """One sample, one Odoo database and one reports folder, with the environment set to them."""

    scratch: Scratch
    nexacloud: str
    database: str
    reports: Path
    environment: dict[str, str]

    def run(self, **parameters: Any) -> Any:
        """Run the backfill here; gives its final state."""
        from flows.backfill import backfill

        return backfill(**parameters, return_state=True)

    def meter(self, **parameters: Any) -> Any:
        """Run the metering here; gives its final state."""
        from flows.usage import meter_usage

        return meter_usage(**parameters, return_state=True)

    def report(self, flow: str = "backfill") -> dict[str, Any]:
        """The newest run's summary.json."""
        return json.loads((self.reports / flow / "latest" / "summary.json").read_text())

    def table(self, name: str, flow: str = "backfill") -> list[dict[str, str]]:
        """One of the newest run's CSV files."""
        path = self.reports / flow / "latest" / f"{name}.csv"
        with path.open(newline="", encoding="utf-8-sig") as stream:
            return list(csv.DictReader(stream))

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement in Odoo's database as its owner's superuser, and commit."""
        return run_sql(self.scratch.odoo.cluster.dsn(self.database), statement)

    def source_sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement in NexaCloud's sample as administrator, and commit."""
        return run_sql(self.nexacloud, statement)

    def let_all_pay_by_invoice(self) -> None:
        """Say of every account that it needs no card."""
        self.sql("UPDATE fusion_billing_account_link SET pays_by_invoice = true")

    def business(self) -> dict[str, list[tuple[Any, ...]]]:
        """What Odoo holds, by kind; equal worlds are equal."""
        return {kind: sorted(map(repr, self.sql(query))) for kind, query in BUSINESS.items()}

    def fingerprint(self, *without: str) -> dict[str, str]:
        """A digest of the rows of every table of Odoo's database but those named."""
        tables = [
            name
            for (name,) in self.sql(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            )
            if name not in without
        ]
        digest = "md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
        return {name: self.sql(f'SELECT {digest} FROM "{name}" t')[0][0] for name in tables}

    def rpc(self) -> odoorpc.ODOO:
        """Log in as a person would."""
        return log_in(self.scratch, self.database)

    def start(self, *arguments: str, flow: str = "backfill") -> subprocess.Popen[str]:
        """Start a flow as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "flows", flow, *arguments],
            cwd=ROOT,
            env=os.environ | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def flow_environment(
    scratch: Scratch, database: str, nexacloud: str, reports: Path, prefect_url: str
) -> dict[str, str]:
    """Tell a flow where everything is.

    Args:
        scratch: Of its Odoo.
        database: Odoo's.
        nexacloud: DSN of the reader.
        reports: Where reports go.
        prefect_url: Prefect's API.
    """
    return {
        "NEXACLOUD_DSN": nexacloud,
        "ODOO_URL": scratch.odoo_url,
        "ODOO_DB": database,
        "ODOO_USER": scratch.odoo_user,
        "ODOO_PASSWORD": scratch.odoo_password,
        "REPORTS_DIR": str(reports),
        "PREFECT_API_URL": prefect_url,
    }


def log_in(scratch: Scratch, database: str, user: str = "", password: str = "") -> odoorpc.ODOO:
    """Log in as somebody, by default as the administrator."""
    rpc = odoorpc.ODOO("127.0.0.1", port=int(scratch.odoo_url.rpartition(":")[2]))
    rpc.login(database, user or scratch.odoo_user, password or scratch.odoo_password)
    return rpc


def run_sql(dsn: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement, and commit."""
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.fixture(scope="session")
def sample(scratch: Scratch) -> tuple[str, str]:
    """NexaCloud's sample, only read by the tests: DSNs of administrator and reader."""
    return scratch.new_nexacloud_database(CUSTOMERS)


@pytest.fixture
def new_world(
    scratch: Scratch,
    prefect_api: str,
    odoo_database: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., World]:
    """Make a world of a sample; the environment points at the newest."""

    def make(dsns: tuple[str, str], *template: str) -> World:
        admin, reader = dsns
        database = odoo_database(*template)
        reports = tmp_path / database
        environment = flow_environment(scratch, database, reader, reports, prefect_api)
        for name, value in environment.items():
            if name != "PREFECT_API_URL":
                monkeypatch.setenv(name, value)
        return World(scratch, admin, database, reports, environment)

    return make


@pytest.fixture
def world(new_world: Callable[..., World], sample: tuple[str, str]) -> World:
    """A world with the shared sample and an Odoo that nothing was loaded into."""
    return new_world(sample)


@pytest.fixture
def own_world(new_world: Callable[..., World], scratch: Scratch) -> Iterator[World]:
    """A world whose NexaCloud the test may change."""
    return new_world(scratch.new_nexacloud_database(CUSTOMERS))
