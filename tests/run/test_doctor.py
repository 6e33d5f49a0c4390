"""doctor: what would spoil a run though every system answers is named, with what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tasks.clients.odoo.connection import Odoo, OdooAccess
from tasks.run.doctor import Diagnosis, company_of, look_at_machine
from tasks.run.settings import load_settings

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.fixture
def settings(monkeypatch, tmp_path):
    given = {
        "ODOO_URL": "https://odoo.example.com/",
        "ODOO_DB": "odoo",
        "ODOO_USER": "billing",
        "ODOO_PASSWORD": "x",
        "REPORTS_DIR": str(tmp_path),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def faults_with_clock(settings, apart: timedelta) -> dict[str, str]:
    diagnosis = Diagnosis(about={"now": NOW.isoformat()}, asked_at=NOW + apart)
    look_at_machine(diagnosis, settings)
    return dict(diagnosis.faults)


@pytest.mark.parametrize(
    ("apart", "told"),
    [
        (timedelta(days=1), "1,440 minutes ahead of Odoo's"),
        (-timedelta(days=1), "1,440 minutes behind Odoo's"),
        (timedelta(minutes=6), "6 minutes ahead of Odoo's"),
    ],
)
def test_clock_that_is_off_is_named_with_how_far_and_which_way(settings, apart, told):
    assert told in faults_with_clock(settings, apart)["Clock"]


@pytest.mark.parametrize("seconds", [0, 299, -299])
def test_clock_within_five_minutes_is_no_fault(settings, seconds):
    assert "Clock" not in faults_with_clock(settings, timedelta(seconds=seconds))


def test_a_disk_that_is_nearly_full_is_named_before_a_run_ends_there(settings, monkeypatch):
    # No disk has as much.
    monkeypatch.setattr("tasks.run.doctor.LEAST_FREE_BYTES", 1 << 80)
    diagnosis = Diagnosis()
    look_at_machine(diagnosis, settings)
    told = [sentence for subject, sentence in diagnosis.faults if subject == "Disk"]
    assert ["REPORTS_DIR" in one for one in told] == [True, False]
    assert ["TMPDIR" in one for one in told] == [False, True]


def test_odoo_that_never_told_its_clock_is_not_compared(settings):
    diagnosis = Diagnosis()
    look_at_machine(diagnosis, settings)
    assert "Clock" not in dict(diagnosis.faults + diagnosis.found)


def test_company_is_the_services_whatever_company_the_user_works_in():
    about = {
        "company": {"name": "Current"},
        "services": [{"code": "desk", "company": {"name": "Desk Inc."}}],
    }
    assert company_of(about, "desk") == {"name": "Desk Inc."}
    assert company_of(about, "nobody") == {"name": "Current"}


def test_odoo_tells_its_clock_and_each_services_company(stack):
    odoo = Odoo(OdooAccess(stack.odoo_url, stack.odoo_db, stack.odoo_user, stack.odoo_password))
    about = odoo.about()
    assert abs(datetime.now(UTC) - datetime.fromisoformat(about["now"])) < timedelta(minutes=1)
    (nexacloud,) = [each for each in about["services"] if each["code"] == "nexacloud"]
    assert nexacloud["company"] == about["company"]
    home = nexacloud["company"]
    other = odoo.call("res.company", "create", [{"name": "Elsewhere"}])[0]
    importers = [["name", "=", "Importer"], ["privilege_id.name", "=", "Centralized Billing"]]
    user = {
        "name": "In two companies",
        "login": "two-companies",
        "password": "two-companies",
        "company_ids": [[6, 0, [home["id"], other]]],
        "company_id": other,
        "group_ids": [[6, 0, odoo.call("res.groups", "search", importers)]],
    }
    odoo.call("res.users", "create", [user])
    access = OdooAccess(stack.odoo_url, stack.odoo_db, user["login"], user["password"])
    moved = Odoo(access).about()
    assert moved["company"]["name"] == "Elsewhere"
    assert company_of(moved, "nexacloud") == home
