"""The log of import runs: what started, what each bundle ended as, what was left out."""

from collections import Counter
from datetime import UTC, datetime

from odoo.exceptions import UserError
from odoo.fields import Command

from .row import CREATED, OUTCOMES, UNCHANGED, UPDATED

_MAX_ROWS = 10_000
_FINAL_STATES = ("done", "partial", "failed")
_ROW_FIELDS = ("entity", "external_id", "customer", "outcome", "code", "message")


def start_run(env, values: dict) -> int:
    """Return the id of the run with this key, creating it if need be.

    Raises:
        UserError: A value is missing, the service is unknown, or the time is not ISO.
    """
    try:
        key, code = values["key"], values["service"]
        started = datetime.fromisoformat(values["started_at"])
    except (KeyError, TypeError, ValueError):
        raise UserError(env._("A run needs key, service and started_at (ISO time).")) from None
    service = env["fusion.billing.service"].search([("code", "=", code)])
    if not service:
        raise UserError(env._("Odoo has no active service '%(code)s'.", code=code))
    runs = env["fusion.billing.import.run"]
    run = runs.search([("key", "=", key)]) or runs.create(
        {
            "key": key,
            "service_id": service.id,
            "source": values.get("source"),
            "started_at": utc(started),
            "url": values.get("url"),
        }
    )
    if run.state != "running":
        run.write({"state": "running", "finished_at": False})
    return run.id


def log_bundle(env, run_key: str, bundle_key: str, outcomes: Counter) -> None:
    """Note what became of a bundle's rows.

    A bundle may be sent twice in one run (its answer got lost, say). What the first call
    created stays counted as created, although the second found it unchanged.
    """
    run = find_run(env, run_key)
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


def finish_run(env, key: str, values: dict) -> None:
    """Close the run; its list of rows not loaded is replaced by the one given.

    Raises:
        UserError: The run is unknown or its final state is.
    """
    if values.get("state") not in _FINAL_STATES:
        raise UserError(env._("A run ends as done, partial or failed."))
    rows = [
        Command.create({name: row.get(name) for name in _ROW_FIELDS})
        for row in values.get("rows", [])[:_MAX_ROWS]
    ]
    run = find_run(env, key)
    run.write(
        {
            "state": values["state"],
            "finished_at": utc(datetime.now(UTC)),
            "message": values.get("message"),
            "rows_read": values.get("read", 0),
            "quarantined": values.get("quarantined", 0),
            "row_ids": [Command.clear(), *rows],
        }
    )


def find_run(env, key: str):
    """Return the run of this key.

    Raises:
        UserError: It was never started.
    """
    run = env["fusion.billing.import.run"].search([("key", "=", key)])
    if not run:
        raise UserError(env._("No import run '%(key)s' was started in Odoo.", key=key))
    return run


def utc(moment: datetime) -> datetime:
    """Return the time as Odoo stores it: UTC, without a zone and microseconds."""
    if moment.tzinfo:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None, microsecond=0)
