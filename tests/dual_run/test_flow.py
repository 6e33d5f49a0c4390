"""A dual run that cannot begin says what to do; what it does is shown in ``tests/apply``."""

from __future__ import annotations

from flows.dual_run import dual_run


def test_dual_run_of_no_service_says_what_to_name(prefect_api, tmp_path, monkeypatch):
    for name in ("NEXACLOUD_DSN", "ODOO_URL", "ODOO_DB", "ODOO_USER", "ODOO_PASSWORD"):
        monkeypatch.setenv(name, "nowhere")
    monkeypatch.setenv("REPORTS_DIR", str(tmp_path))
    state = dual_run(service=" , ", return_state=True)
    assert state.name == "ConfigurationError"
    assert "Name a service" in state.message
