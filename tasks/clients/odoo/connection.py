"""The door to Odoo: JSON-RPC through odoorpc, our errors out, plain values both ways."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import odoorpc
import odoorpc.error

from tasks.clients.odoo.transport import Translated, patient_opener, server_class
from tasks.model.errors import ConfigError
from tasks.model.records import LoadedRow, Outcome

# At DEBUG odoorpc logs the arguments of a call, which carry the password.
logging.getLogger("odoorpc").setLevel(logging.INFO)

WIZARD = "fusion.billing.import.wizard"
ADDON = "fusion_centralize_billing"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class OdooAccess:
    """Where an Odoo is and who calls; the password may be an API key.

    ``timeout_seconds`` must be longer than the server's own limit per call: a call that we
    stop waiting for still commits there.
    """

    url: str
    database: str
    user: str
    password: str = field(repr=False)
    timeout_seconds: float = 900.0


class Odoo:
    """A logged-in connection, for any number of threads: each call is a request of its own.

    Raises:
        ConfigError: Wrong URL, database, user or password, or not Odoo 19.
        RetryableError: Odoo cannot be reached now.
    """

    def __init__(self, access: OdooAccess) -> None:
        self._access = access
        with Translated(f"Odoo at {access.url}", is_known=False):
            self._rpc = odoorpc.ODOO(**_address(access))
            self.version: str = self._rpc.version
            if not self.version.startswith("19."):
                raise ConfigError(
                    f"Odoo at {access.url} is version {self.version}; this project loads into"
                    " Odoo 19. Point ODOO_URL at an Odoo 19."
                )
            self._log_in()

    def _log_in(self) -> None:
        access = self._access
        try:
            self._rpc.login(access.database, access.user, access.password)
        except odoorpc.error.RPCError as error:
            # A refused login is the one RPC error without details.
            if error.info:
                if server_class(error) == "psycopg2.OperationalError":
                    raise ConfigError(
                        f"Odoo at {access.url} has no database {access.database!r}."
                        " Set ODOO_DB to one that it serves."
                    ) from None
                raise
            raise ConfigError(
                f"Odoo at {access.url} refused the login of {access.user!r} on database"
                f" {access.database!r}. Check ODOO_USER and ODOO_PASSWORD."
            ) from None

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a public method of a model with JSON values.

        Raises:
            ConfigError: The user lacks the right to do so.
            RetryableError: Network, lock or restart; the call may or may not have committed.
            FatalError: Odoo refused the call for good; the message is Odoo's own sentence.
        """
        with Translated(f"{model}.{method}"):
            return self._rpc.execute_kw(model, method, list(args), kwargs)

    def ask(self, method: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Call a method of our wizard that answers with an object; see ``call``."""
        answer: dict[str, Any] = self.call(WIZARD, method, *args, **kwargs)
        return answer

    def pages(self, method: str, *args: Any, page_rows: int) -> Iterator[dict[str, Any]]:
        """Give the rows of all pages that a method of our wizard has, in an order that stays."""
        after_id: int | None = 0
        while after_id is not None:
            page = self.ask(method, *args, after_id=after_id, limit=page_rows)
            yield from page["rows"]
            after_id = page["next_after_id"]

    def about(self) -> dict[str, Any]:
        """Ask the addon for its version, company, services and the user's rights.

        Raises:
            ConfigError: The addon is not installed in this database.
        """
        modules = self.call("ir.module.module", "search_count", _installed(ADDON))
        if not modules:
            raise ConfigError(
                f"Odoo database {self._access.database!r} lacks the addon {ADDON}. Install it"
                " from deployments/addons (Apps > Update Apps List > install)."
            )
        return self.ask("about")

    def start_run(self, values: dict[str, Any]) -> None:
        """Open an entry in Odoo's log of import runs; the same key again changes nothing."""
        self.call(WIZARD, "start_run", values)

    def load_bundle(self, wire: dict[str, Any]) -> list[LoadedRow]:
        """Load one bundle; a second call with the same bundle finds everything unchanged.

        Returns one answer for each plan, customer and order of the bundle, in its order.
        """
        return self.load("load_bundle", wire)

    def load(self, method: str, wire: dict[str, Any]) -> list[LoadedRow]:
        """Send a batch to a method of our wizard that answers for each of its records."""
        return [
            LoadedRow(
                entity=row["entity"],
                external_id=row["external_id"],
                outcome=Outcome(row["outcome"]),
                odoo_id=row["odoo_id"] or None,
                code=row["code"] or None,
                message=row["message"] or None,
            )
            for row in self.ask(method, wire)["rows"]
        ]

    def load_usage(self, wire: dict[str, Any]) -> list[LoadedRow]:
        """Load one batch of usage; a second call with the same batch finds it unchanged.

        Returns one answer for each row of the batch, in its order; ``external_id`` is the
        subscription's.
        """
        names = (cells[0] for cells in wire["rows"])
        return self.load_rows("load_usage", wire, "usage", names)

    def load_rows(
        self, method: str, wire: dict[str, Any], entity: str, names: Iterable[str]
    ) -> list[LoadedRow]:
        """Send a batch to a method of our wizard that gives an outcome for each row by its place.

        Args:
            method: Its name.
            wire: The batch.
            entity: What the rows are.
            names: Their external ids.
        """
        answer = self.ask(method, wire)
        told = {row["index"]: row for row in answer["rows"]}
        nothing = {"code": None, "message": None}
        return [
            LoadedRow(
                entity,
                name,
                Outcome(outcome),
                code=told.get(index, nothing)["code"],
                message=told.get(index, nothing)["message"],
            )
            for index, (name, outcome) in enumerate(zip(names, answer["outcomes"], strict=True))
        ]

    def preview_load(self, wire: dict[str, Any]) -> dict[str, Any]:
        """Ask what the billing periods of a batch of usage would cost; nothing is stored.

        Returns:
            ``rows`` with what each costs, ``failed`` for what could not be rated.
        """
        return self.ask("preview_load", wire)

    def rate_usage(
        self, service: str, since: str, until: str, *, after_id: int, page_rows: int
    ) -> dict[str, Any]:
        """Rate a page of subscriptions and store what their usage costs.

        Args:
            service: The service's code.
            since: Billing periods that start then or later; ISO time.
            until: And before that.
            after_id: ``next_after_id`` of the page before; 0 for the first.
            page_rows: Subscriptions in the page.

        Returns:
            Counts, ``rows`` for what could not be rated, and ``next_after_id`` (None: it was
            the last page).
        """
        return self.ask("rate_usage", service, since, until, after_id=after_id, limit=page_rows)

    def look_at_copy(self, service: str, source_mark: str) -> dict[str, Any]:
        """Ask whether the source and its copy are as at the end of an earlier run.

        Returns:
            ``world_mark`` of both, and ``run``: ``key`` and ``results_mark`` of the last that
            ended with the same; None if none did.
        """
        return self.ask("look_at_copy", service, source_mark)

    def finish_run(self, key: str, values: dict[str, Any]) -> None:
        """Close the run's entry in Odoo's log with its state, counts and rows not loaded."""
        self.call(WIZARD, "finish_run", key, values)

    def search_pages(
        self,
        model: str,
        domain: list[Any],
        fields: list[str],
        page_rows: int = 2000,
        *,
        names: bool = True,
    ) -> Iterator[dict[str, Any]]:
        """Read matching records in order of id, page by page (archived ones included).

        A reference is a pair of id and name, or without ``names`` the id alone (cheaper).
        """
        load = {} if names else {"load": None}
        last_id = 0
        while True:
            page = self.call(
                model,
                "search_read",
                [*domain, ("id", ">", last_id)],
                fields,
                order="id",
                limit=page_rows,
                context={"active_test": False},
                **load,
            )
            yield from page
            if len(page) < page_rows:
                return
            last_id = page[-1]["id"]

    def has_field(self, model: str, name: str) -> bool:
        """Say whether the model has the field here (Community and Enterprise differ)."""
        return bool(self.call(model, "fields_get", [name], ["type"]))


_connections: dict[OdooAccess, Odoo] = {}
_connecting = Lock()


def connect(access: OdooAccess) -> Odoo:
    """Return this process's connection; the first call logs in, which takes half a second.

    Raises:
        ConfigError: As ``Odoo``.
        RetryableError: As ``Odoo``.
    """
    with _connecting:
        if access not in _connections:
            _connections[access] = Odoo(access)
        return _connections[access]


def _address(access: OdooAccess) -> dict[str, Any]:
    parts = urlsplit(access.url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/"):
        raise ConfigError(
            f"ODOO_URL {access.url!r} is not like https://odoo.example.com (scheme, host and"
            " port only)."
        )
    return {
        "host": parts.hostname,
        "protocol": "jsonrpc+ssl" if parts.scheme == "https" else "jsonrpc",
        "port": parts.port or _PORTS[parts.scheme],
        "timeout": access.timeout_seconds,
        "opener": patient_opener(),
    }


def _installed(addon: str) -> list[tuple[str, str, str]]:
    return [("name", "=", addon), ("state", "=", "installed")]
