"""The log of import runs in Odoo."""

from __future__ import annotations

from prefect.runtime import flow_run

from tasks.run.retries import io_task
from tasks.run.settings import load_settings

#: Rows that Odoo's log shows of a run; all of them are in outcomes.csv.
LOGGED_ROWS = 10_000


@io_task("open-import-log")
def open_log(run_key: str, service: str, source: str, started_at: str, url: str | None) -> None:
    """Open the run's entry in Odoo's import log."""
    load_settings().odoo().start_run(
        {
            "service": service,
            "key": run_key,
            "source": source,
            "started_at": started_at,
            "url": url,
            # Odoo knows a run that was started there by the outermost one.
            "flow_run": flow_run.root_flow_run_id,
        }
    )
