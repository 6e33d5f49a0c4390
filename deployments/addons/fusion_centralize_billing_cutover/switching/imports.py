"""The import that a cutover rests on, and whom it left out."""

from collections.abc import Iterator


def last_import(env, service):
    """Return the last finished import run of the service; metering runs are no imports.

    It is empty if there is none.
    """
    done = [("service_id", "=", service.id), ("state", "!=", "running")]
    told = ["|", ("source", "=", False), ("source", "not =like", "%usage")]
    return env["fusion.billing.import.run"].search([*done, *told], limit=1)


def left_out(
    run, owners: dict[str, str], only: list[str] | None
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield of each row that an import left out whose it is, what they wait for, and a sentence.

    Args:
        run: The import.
        owners: The account by its own id and by the ids of its subscriptions.
        only: Accounts whose rows are looked at; None for everybody's.
    """
    rows = [("run_id", "=", run.id)]
    if only is not None:
        named = [*only, *owners]
        rows += ["|", ("customer", "in", only), ("external_id", "in", named)]
    # What only waits for another row is told after that row.
    found = run.row_ids.search(rows)
    for row in found.sorted(lambda one: (one.code or "").endswith("_quarantined")):
        key = row.customer or owners.get(row.external_id)
        if not key and row.entity in _OF_CUSTOMERS:
            key = row.external_id
        if key and (only is None or key in only):
            yield key, _told(row)


def of_nobody(run) -> Iterator[str]:
    """Yield a sentence of each bill that an import could not read and that may be anybody's."""
    unread = [("run_id", "=", run.id), ("entity", "in", _BILLS), ("customer", "=", False)]
    for row in run.row_ids.search(unread, order="id"):
        yield f"Nobody can tell whose it is: {_told(row)[1]}"


def _told(row) -> tuple[str, str]:
    """Say of a row that was left out what it waits for, and what is wrong with it."""
    word = _WORDS.get(row.entity, row.entity.replace("_", " "))
    why = row.message or row.code or "no reason is told"
    rule = why.rstrip(".") if row.outcome == "quarantined" else "refused by Odoo"
    said = f"The last import kept out {word} {row.external_id}: {why}"
    return f"a mended {word} ({rule})", said


_BILLS = ("invoices", "fees")
_WORDS = {
    "users": "customer",
    "plans": "plan",
    "deployments": "deployment",
    "subscriptions": "subscription",
    "deployment_addons": "add-on",
    "invoices": "invoice",
    "fees": "fee",
}
_OF_CUSTOMERS = {"customer", "customers", "user", "users"}
