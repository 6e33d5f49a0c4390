"""What a user would pick instead: `create`, `load` with external ids, and the loader fluvo.

Each takes rows as dicts of plain values, with ``id`` as the external id, and loads them into
one model over two connections in batches of 500.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import odoorpc

Row = dict[str, Any]
BATCH_ROWS = 500
CONNECTIONS = 2


class Target:
    """An Odoo database to load into, with the connections that every contestant uses."""

    def __init__(self, url: str, database: str, user: str, password: str) -> None:
        self.url, self.database, self.user, self.password = url, database, user, password
        # Logged in before the clock starts: a login costs as much as 300 rows.
        self.connections = [self._connect() for _ in range(CONNECTIONS)]

    def _connect(self) -> odoorpc.ODOO:
        address = urlsplit(self.url)
        rpc = odoorpc.ODOO(address.hostname, port=address.port, timeout=1800)
        rpc.login(self.database, self.user, self.password)
        return rpc


def batches(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), BATCH_ROWS):
        yield rows[start : start + BATCH_ROWS]


def side_by_side(target: Target, send: Callable[[odoorpc.ODOO, Any], Any], work: list[Any]) -> None:
    """Send every piece of work over two connections."""

    def run(rpc: odoorpc.ODOO, share: list[Any]) -> None:
        for piece in share:
            send(rpc, piece)

    shares = [work[number::CONNECTIONS] for number in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(run, target.connections, shares))


def create(target: Target, model: str, rows: list[Row], commands: Callable[[Row], Row]) -> None:
    """`create([...])`: fastest of Odoo's own calls, but it knows no external ids."""

    def send(rpc: odoorpc.ODOO, batch: list[Row]) -> None:
        rpc.execute_kw(model, "create", [[commands(row) for row in batch]])

    side_by_side(target, send, list(batches(rows)))


def load(target: Target, model: str, rows: list[Row]) -> int:
    """`load()`, which is what Odoo's import screen calls; returns the batches it refused."""
    heads = list(rows[0])
    refused: list[int] = []

    def send(rpc: odoorpc.ODOO, batch: list[Row]) -> None:
        data = [[row[head] for head in heads] for row in batch]
        if rpc.execute_kw(model, "load", [heads, data])["ids"] is False:
            refused.append(len(batch))

    side_by_side(target, send, list(batches(rows)))
    return sum(refused)


def fluvo(target: Target, model: str, rows: list[Row]) -> None:
    """fluvo from PyPI, with its throttle, checkpoints and cache off (that is when it is fast).

    It is a program of its own: its start and its logins are part of its time.
    """
    address = urlsplit(target.url)
    with TemporaryDirectory() as name:
        folder = Path(name)
        connection = folder / "connection.conf"
        connection.write_text(
            "[Connection]\n"
            f"hostname = {address.hostname}\nport = {address.port}\nprotocol = jsonrpc\n"
            f"database = {target.database}\nlogin = {target.user}\n"
            f"password = {target.password}\nuid = 2\n"
        )
        data = folder / "rows.csv"
        with data.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
        subprocess.run(
            [
                str(Path(sys.executable).with_name("fluvo")),
                "import",
                *("--connection-file", str(connection), "--file", str(data), "--model", model),
                *("--worker", str(CONNECTIONS), "--size", str(BATCH_ROWS), "--headless"),
                "--no-adaptive-throttle",
                "--no-checkpoint",
                "--no-cache",
            ],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
