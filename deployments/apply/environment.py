"""What a run finds in its environment, and where Prefect keeps it.

A secret is kept in a Secret block, an address in a variable; a run's environment names them, and
the worker puts their values in when it starts the run. Neither is in a deployment or in a pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect.blocks.system import Secret
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import VariableCreate, VariableUpdate
from prefect.exceptions import ObjectNotFound

#: Kept as Secret blocks.
SECRETS = ("NEXACLOUD_DSN", "ODOO_PASSWORD", "LAGO_API_KEY", "STRIPE_API_KEY")
#: Kept as variables, which anybody who may open Prefect can read.
VARIABLES = (
    "ODOO_URL",
    "ODOO_DB",
    "ODOO_USER",
    "LAGO_API_URL",
    "REPORTS_DIR",
    "BILLING_TIMEZONE",
    "ENGINE",
    "DASK_SCHEDULER",
)
#: The same for every run. An alert takes a run for dead that is silent for 3 minutes, which is
#: how seldom Prefect's runs speak unless they are told otherwise.
FIXED = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}


def block_name(variable: str) -> str:
    """Name the block of an environment variable.

    >>> block_name("ODOO_PASSWORD")
    'odoo-password'
    """
    return variable.lower().replace("_", "-")


def store(client: SyncPrefectClient, environment: Mapping[str, str]) -> dict[str, str]:
    """Store what is set, keep what was stored before, and return a run's environment.

    Its values are references that a worker resolves. A variable that was never set is not in it.
    """
    found = dict(FIXED)
    for name in SECRETS:
        block = block_name(name)
        if environment.get(name):
            Secret(value=environment[name]).save(block, overwrite=True)
        if environment.get(name) or _has_secret(client, block):
            found[name] = f"{{{{ prefect.blocks.secret.{block} }}}}"
    for name in VARIABLES:
        if environment.get(name):
            _set_variable(client, name.lower(), environment[name])
        if stored(client, name) is not None:
            found[name] = f"{{{{ prefect.variables.{name.lower()} }}}}"
    return found


def stored(client: SyncPrefectClient, name: str) -> str | None:
    """Return what an earlier run of this command stored of a variable."""
    found = client.read_variable_by_name(name.lower())
    return str(found.value) if found else None


def _has_secret(client: SyncPrefectClient, block: str) -> bool:
    try:
        client.read_block_document_by_name(block, "secret", include_secrets=False)
    except ObjectNotFound:
        return False
    return True


def _set_variable(client: SyncPrefectClient, name: str, value: Any) -> None:
    if client.read_variable_by_name(name) is None:
        client.create_variable(VariableCreate(name=name, value=value, tags=["billing"]))
    else:
        client.update_variable(VariableUpdate(name=name, value=value))
