"""A database that somebody else made: every row has the outcome that it must have."""

from __future__ import annotations

from collections import defaultdict

import psycopg2
import pytest

from tests.backfill import foreign_world

DATABASE, READER, PASSWORD = "foreign_nexacloud", "foreign_reader", "correct-horse"
#: So much of it is odd that only somebody who wants it so loads the rest.
ODD = ("--max-bad-share", "1", "--max-failed-rows", "20")


@pytest.fixture(scope="module")
def foreign(scratch):
    """The DSNs of administrator and reader of the foreign database."""
    scratch.postgres.sql(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
    admin = scratch.postgres.dsn(DATABASE)
    connection = psycopg2.connect(admin)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(foreign_world.SCHEMA.read_text(encoding="utf-8"))
        for statement in foreign_world.statements():
            cursor.execute(statement)
        cursor.execute("REFRESH MATERIALIZED VIEW invoice_items")
        cursor.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'")
        cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}")
    connection.close()
    yield admin, scratch.postgres.dsn(DATABASE, READER, PASSWORD)
    scratch.postgres.sql(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    scratch.postgres.sql(f"DROP ROLE {READER}")


def run(world, flow, *options):
    """Run a flow as a user would; gives its exit code, once it is clear that it did not crash."""
    process = world.start(*options, flow=flow)
    output, _ = process.communicate(timeout=500)
    assert "Traceback" not in output, output[-5000:]
    written = [output, *(p.read_text("utf-8", "replace") for p in files(world))]
    assert not [text for text in written if PASSWORD in text]
    return process.returncode


def files(world):
    return [path for path in world.reports.rglob("*") if path.suffix in {".csv", ".json", ".html"}]


@pytest.fixture(scope="module")
def loaded():
    """The Odoo that it was loaded into, and what was told of it; filled by the first test."""
    return {}


@pytest.fixture
def world(foreign, loaded, new_world, scratch):
    if "database" not in loaded:
        made = new_world(foreign)
        assert run(made, "doctor") == 0
        # With the usual limits nothing of it is written.
        assert run(made, "backfill") == 3
        assert made.sql("SELECT count(*) FROM fusion_billing_account_link") == [(0,)]
        assert run(made, "backfill", "--dry-run", *ODD) == 0
        loaded["predicted"] = made.table("outcomes")
        assert run(made, "backfill", *ODD) == 0
        loaded["outcomes"] = made.table("outcomes")
        loaded["database"] = scratch.new_odoo_database(made.database)
    return new_world(foreign, loaded["database"])


def outcome_of(row):
    return row["code"] if row["outcome"] in {"quarantined", "failed"} else row["outcome"]


def test_every_row_has_the_outcome_that_it_must_have(world, loaded):
    found = {(row["table"], row["source_id"]): outcome_of(row) for row in loaded["outcomes"]}
    assert len(found) == len(loaded["outcomes"])
    must = foreign_world.expected()
    wrong = {
        key: (must.get(key), found.get(key))
        for key in must.keys() | found.keys()
        if must.get(key) != found.get(key)
    }
    assert wrong == {}
    told = {(row["table"], row["source_id"]): outcome_of(row) for row in loaded["predicted"]}
    assert told == found


def rules_told(world, flow):
    """Give the rules that keep rows out, by table and id."""
    told = defaultdict(set)
    for row in world.table("quarantine", flow):
        told[row["table"], row["source_id"]].add(row["rule"])
    return dict(told)


def test_every_usage_record_counts_once_or_is_kept_out_by_name(world):
    assert run(world, "usage", "--max-bad-share", "1") == 0
    assert rules_told(world, "usage") == {
        ("usage", key): rules for key, rules in foreign_world.USAGE.items()
    }
    metered = {
        (row["deployment_id"], row["period_start"][:10]): row["odoo_cpu_seconds"]
        for row in world.table("outcomes", "usage")
        if row["outcome"] == "created"
    }
    assert metered == {
        ("dep-1", "2026-08-14"): "540000",
        # Over a period's end it counts where it begins; a day of 25 hours has 25.
        ("dep-2", "2026-08-14"): "3600",
        ("dep-2", "2026-10-14"): "176400",
        ("dep-7", "2026-08-14"): "3600",
    }


def test_every_invoice_is_compared_or_kept_out_by_name(world):
    # Whoever bills so little is not green: 4, and nothing worse. Rows that Odoo refuses cost
    # their customers, nobody else's comparison.
    assert run(world, "dual-run", "--period", "2026-08", "--max-bad-share", "1") == 4
    assert world.report()["state"]["name"] == "RowsFailed"
    assert not world.sql("SELECT id FROM fusion_billing_cycle WHERE blockers <> ''")
    assert rules_told(world, "reconcile") == {
        ("invoices", key): rules for key, rules in foreign_world.INVOICES.items()
    }
    billed = {
        (row["customer"], row["item"]): row["external_amount"]
        for row in world.table("lines", "reconcile")
        if row["external_amount"]
    }
    assert billed == {
        ("1", "flat"): "49.00",
        ("2", "other:no description"): "49.00",
        ("2", "other:not itemized"): "0.005",
        ("3", "credit:Refund"): "-49.00",
        ("nobody", "other:no items"): "49.00",
        ("'=1+1", "addon:\u202eovr"): "1.0001",
        # What a rule keeps out leaves its customer open, where its amount and currency are told.
        **{(who, "other:invoice kept out"): "49.00" for who in ("4", "11", "12", "21", "22")},
    }


HELD = """
    SELECT l.external_id, p.name, p.email, p.active, t.code, c.name, o.client_order_ref,
           o.amount_untaxed::text, o.amount_total::text
    FROM fusion_billing_account_link l JOIN res_partner p ON p.id = l.partner_id
    JOIN sale_order o ON o.x_fc_account_link_id = l.id
    JOIN res_currency c ON c.id = o.currency_id
    LEFT JOIN res_country_state t ON t.id = p.state_id"""


def test_odoo_holds_what_the_source_says(world):
    held = {
        foreign_world.numbered()[int(number)].what: (int(number), row)
        for number, *row in world.sql(HELD)
    }

    def of(what):
        number, (name, email, active, state, currency, reference, net, gross) = held[what]
        same = (
            name == f"Zoé Roy {number}",
            email == f"c{number}@example.ca",
            active is True,
            reference == f"web {number}",
        )
        return all(same) or (name, email, reference), state, currency, net, gross

    ontario = (True, "ON", "CAD", "49.00", "55.37")
    for what in (
        "a status in capitals",
        "a status of two words",
        "neither active nor not",
        "no moment of creation",
        "the house rate",
        "a padded plan",
        "no period",
    ):
        assert of(what) == ontario, what
    for what in ("Québec", "Quebec", "QC", "decomposed"):
        assert of(what) == (True, "QC", "CAD", "49.00", "56.34"), what
    assert of("Alberta") == (True, "AB", "CAD", "49.00", "51.45")
    # With an add-on; of a year it is twelve times its price.
    assert of("nothing is odd") == (True, "ON", "CAD", "54.00", "61.02")
    assert of("a cycle in capitals") == (True, "ON", "CAD", "520.00", "587.60")
    assert of("in US dollars") == (True, "ON", "USD", "49.00", "55.37")
    assert of("a free plan") == (True, "ON", "CAD", "0.00", "0.00")
    for what, name in (
        ("a name with nothing to see", "Roy inc."),
        ("an emoji", "🧑‍🚀 Zoé"),
        ("a name from right to left", "\u202eאב\u202c"),
        ("markup", "<script>alert(1)</script>"),
        ("a formula", '=HYPERLINK("http://evil.example";"x")'),
        ("what looks like a NUL", r"Zo\0\x00%00"),
        ("a long name", "Ω" * 1000),
    ):
        number, (held_name, *_) = held[what]
        assert held_name == name
    for what in ("a deployment without a name", "a deployment with a blank name"):
        number, row = held[what]
        assert row[5] == f"dep-{number}"
