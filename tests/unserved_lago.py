"""A Lago whose answers come without a network: the sandbox's, asked for in this process."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from deployments.local.lago.server import LagoSandbox
from tasks.clients.lago.connection import PAGE_ROWS, Lago, LagoAccess, _content


class UnservedLago(Lago):
    """Answers of a sandbox, taken apart as those that come over HTTP are."""

    def __init__(self, document: dict[str, Any], page_rows: int = PAGE_ROWS) -> None:
        super().__init__(LagoAccess("http://127.0.0.1", "key", page_rows=page_rows))
        self.sandbox = LagoSandbox(document, "key")
        self.sandbox.server.server_close()

    def _get(self, url: str) -> Any:
        parts = urlsplit(url)
        if parts.path == "/health":
            return {"version": self.sandbox.store.version}
        status, body = self.sandbox.answer(parts.path, parse_qs(parts.query))
        return _content(url, httpx.Response(status, content=json.dumps(body)))
