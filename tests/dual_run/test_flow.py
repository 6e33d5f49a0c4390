"""A dual run that cannot begin says what to do; what it does is shown in ``tests/apply``."""

from __future__ import annotations

from flows.dual_run import dual_run


def test_dual_run_of_no_service_says_what_to_name(prefect_api):
    state = dual_run(service=" , ", return_state=True)
    assert state.name == "ConfigurationError"
    assert "Name a service" in state.message
