"""Who was left out of the last import."""


def not_loaded(env, service) -> tuple:
    """Return the last finished import run of the service and the source ids that it left out.

    Metering runs are no imports. The run is empty if there is none.
    """
    runs = env["fusion.billing.import.run"].search(
        [("service_id", "=", service.id), ("state", "!=", "running")], limit=200
    )
    run = next((one for one in runs if not (one.source or "").endswith("usage")), runs.browse())
    rows = run.row_ids.filtered(lambda row: row.entity not in _WITHOUT_CUSTOMER)
    return run, set(rows.mapped("external_id"))


# A plan that was left out leaves out its subscriptions, which have rows of their own.
_WITHOUT_CUSTOMER = {"plan", "plans"}
