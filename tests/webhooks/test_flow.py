"""The flow: what one sees of a delivery in Prefect, on the page, in the files and the exit code."""

from __future__ import annotations

import csv
import json

import pytest

from flows.__main__ import main
from tests.webhooks.outbox import Outbox
from tests.webhooks.receiver import Receiver


@pytest.fixture(scope="module")
def outbox(scratch):
    found = Outbox(scratch, scratch.new_odoo_database())
    found.set_up(most_attempts=1)
    yield found
    scratch.odoo.drop(found.database)


@pytest.fixture
def reports(outbox, prefect_api, tmp_path, monkeypatch):
    """The folder of reports, with the environment set to the outbox's Odoo."""
    environment = {
        "NEXACLOUD_DSN": "postgresql://nobody@127.0.0.1:1/none",
        "ODOO_URL": outbox.access.url,
        "ODOO_DB": outbox.access.database,
        "ODOO_USER": outbox.access.user,
        "ODOO_PASSWORD": outbox.access.password,
        "REPORTS_DIR": str(tmp_path),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "webhooks" / "latest"


def table(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_run_shows_what_was_due_what_was_taken_and_what_was_given_up(outbox, reports, capsys):
    with Receiver(lambda number: 500 if number == 4 else 200) as receiver:
        endpoint = outbox.new_endpoint(receiver.url, "flow")
        outbox.fill(endpoint, 30, customers=30, subscriptions=30)

        assert main(["webhooks", "--dry-run", "--json"]) == 0
        dry = json.loads(capsys.readouterr().out)
        assert (dry["left"]["due"], dry["attempts"], len(receiver.arrivals)) == (30, 0, 0)
        assert {row["outcome"] for row in table(reports / "outcomes.csv")} == {"due"}

        assert main(["webhooks", "--service", "flow", "--lanes", "2"]) == 3
        said = capsys.readouterr().out
    assert "1 message given up" in said
    found = json.loads((reports / "summary.json").read_text())
    assert found["state"]["name"] == "MessagesGivenUp"
    assert found["messages"]["delivered"] == 29
    assert found["left"] | {"next_due_at": None} == {
        "due": 0,
        "waiting": 0,
        "on_their_way": 0,
        "given_up": 1,
        "next_due_at": None,
    }
    outcomes = table(reports / "outcomes.csv")
    assert len(outcomes) == len(receiver.arrivals) == 30
    (lost,) = table(reports / "quarantine.csv")
    assert lost["error"] == "HTTP 500."
    assert {row["unique_key"] for row in outcomes if row["outcome"] == "dead"} == {
        lost["unique_key"]
    }
    page = (reports / "index.html").read_text()
    assert "1 message given up" in page
    assert lost["url"] in page

    assert main(["webhooks", "--service", "nobody"]) == 2
    assert "knows no service 'nobody'" in capsys.readouterr().err
