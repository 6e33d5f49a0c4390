"""Settings: every missing or wrong variable is named at once, and no value is shown."""

from __future__ import annotations

import pytest

from tasks.model.errors import ConfigError
from tasks.run.settings import load_settings

GOOD = {
    "NEXACLOUD_DSN": "postgresql://reader:hunter2@db/nexacloud",
    "ODOO_URL": "https://odoo.example.com/",
    "ODOO_DB": "odoo",
    "ODOO_USER": "billing",
    "ODOO_PASSWORD": "hunter2",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name in (*GOOD, "REPORTS_DIR", "BILLING_TIMEZONE", "LAGO_API_URL", "LAGO_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_settings_without_variables_name_all_of_them(environment):
    for name in GOOD:
        environment.delenv(name)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    asked = [name for name in GOOD if name != "NEXACLOUD_DSN"]
    assert all(f"Set {name} (" in str(caught.value) for name in asked)


@pytest.mark.parametrize("given", [None, ""])
def test_settings_without_a_database_are_good_until_it_is_needed(environment, given):
    environment.delenv("NEXACLOUD_DSN")
    if given is not None:
        environment.setenv("NEXACLOUD_DSN", given)
    settings = load_settings()
    with pytest.raises(ConfigError, match=r"Set NEXACLOUD_DSN \("):
        settings.nexacloud()


def test_settings_with_an_empty_variable_treat_it_as_missing(environment):
    environment.setenv("ODOO_DB", "")
    with pytest.raises(ConfigError, match="Set ODOO_DB"):
        load_settings()


def test_settings_with_an_unknown_time_zone_say_which(environment):
    environment.setenv("BILLING_TIMEZONE", "Toronto")
    with pytest.raises(ConfigError, match="BILLING_TIMEZONE is wrong"):
        load_settings()


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, ["LAGO_API_URL", "LAGO_API_KEY"]), ({"LAGO_API_URL": "https://x"}, ["LAGO_API_KEY"])],
    ids=["nothing", "no key"],
)
def test_settings_without_lago_are_good_until_it_is_needed(environment, given, missing):
    for name, value in given.items():
        environment.setenv(name, value)
    settings = load_settings()
    with pytest.raises(ConfigError) as caught:
        settings.lago()
    assert all(f"Set {name} (" in str(caught.value) for name in missing)


def test_settings_never_show_a_secret(environment):
    settings = load_settings()
    assert "hunter2" not in f"{settings!r} {settings} {settings.odoo_access()!r}"
    assert settings.odoo_access().url == "https://odoo.example.com"
