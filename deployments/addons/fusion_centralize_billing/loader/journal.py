"""The log of import runs: what started, what each bundle ended as, what was left out."""

from collections import Counter
from datetime import UTC, datetime

from odoo.exceptions import UserError
from odoo.fields import Command

from .arguments import is_text
from .row import CREATED, OUTCOMES, UNCHANGED, UPDATED

_MAX_ROWS = 10_000
_FINAL_STATES = ("done", "partial", "failed")
_MARKS = ("world_mark", "results_mark")
_ROW_FIELDS = ("entity", "external_id", "customer", "outcome", "code", "message")


def read_run(env, values: dict) -> dict:
    """Return what a new run says, its start as a time.

    Raises:
        UserError: A value is missing, or the time is not ISO.
    """
    try:
        read = {name: values[name] for name in ("key", "service")}
        read["started_at"] = datetime.fromisoformat(values["started_at"])
        if not isinstance(read["service"], str):
            raise TypeError
    except (KeyError, TypeError, ValueError):
        raise UserError(env._("A run needs key, service and started_at (ISO time).")) from None
    return {**values, **read}


def start_run(env, service, values: dict) -> int:
    """Return the id of the run with this key, creating it if need be.

    Runs of the same flow that nobody has closed were killed: they are closed as broken off.

    Args:
        env: Superuser environment.
        service: The one that the run names; none if it is unknown.
        values: As ``read_run`` gives them.

    Raises:
        UserError: The service is unknown, or has no such run.
    """
    key = values["key"]
    if not service:
        raise UserError(env._("Odoo has no active service '%(code)s'.", code=values["service"]))
    runs = env["fusion.billing.import.run"]
    run = runs.search([("key", "=", key)])
    if run and run.service_id != service:
        raise UserError(env._("Another service has a run '%(key)s'.", key=key))
    if not run:
        _break_off(runs, service, values)
    run = run or runs.create(
        {
            "key": key,
            "service_id": service.id,
            "source": values.get("source"),
            "started_at": utc(values["started_at"]),
            "url": values.get("url"),
            "flow_run": values.get("flow_run") if is_text(values.get("flow_run")) else None,
        }
    )
    if run.state != "running":
        run.write({"state": "running", "finished_at": False})
    return run.id


def _break_off(runs, service, values: dict) -> None:
    """Close the runs of this kind that were killed before they could say how they ended."""
    left = runs.search(
        [
            ("service_id", "=", service.id),
            ("source", "=", values.get("source") or False),
            ("state", "=", "running"),
        ]
    )
    left.write(
        {
            "state": "failed",
            "finished_at": utc(datetime.now(UTC)),
            "message": runs.env._("Broken off: it never said how it ended, and another began."),
        }
    )


def log_bundle(run, bundle_key: str, outcomes: Counter) -> None:
    """Note what became of a bundle's rows.

    A bundle may be sent twice in one run (its answer got lost, say). What the first call
    created stays counted as created, although the second found it unchanged.
    """
    env = run.env
    counts = {outcome: outcomes[outcome] for outcome in OUTCOMES}
    bundles = env["fusion.billing.import.bundle"]
    line = bundles.search([("run_id", "=", run.id), ("key", "=", bundle_key)])
    if not line:
        bundles.create({"run_id": run.id, "key": bundle_key, **counts})
        return
    counts[CREATED] += line.created
    counts[UPDATED] += line.updated
    counts[UNCHANGED] = max(0, counts[UNCHANGED] - line.created - line.updated)
    line.write(counts)


def finish_run(run, values: dict) -> None:
    """Close the run; its list of rows not loaded is replaced by the one given.

    Args:
        run: The run.
        values: As they came. ``unchanged`` counts the records of a run that had nothing to load,
            because nothing had changed.

    Raises:
        UserError: Its final state is unknown.
    """
    if values.get("state") not in _FINAL_STATES:
        raise UserError(run.env._("A run ends as done, partial or failed."))
    rows = [
        Command.create({name: row.get(name) for name in _ROW_FIELDS})
        for row in values.get("rows", [])[:_MAX_ROWS]
    ]
    if unchanged := values.get("unchanged"):
        log_bundle(run, UNCHANGED, Counter({UNCHANGED: unchanged}))
    run.write(
        {
            "state": values["state"],
            "finished_at": utc(datetime.now(UTC)),
            "message": values.get("message"),
            "rows_read": values.get("read", 0),
            "quarantined": values.get("quarantined", 0),
            **{name: is_text(values.get(name)) and values[name] for name in _MARKS},
            "row_ids": [Command.clear(), *rows],
        }
    )


def utc(moment: datetime) -> datetime:
    """Return the time as Odoo stores it: UTC, without a zone and microseconds."""
    if moment.tzinfo:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None, microsecond=0)
