"""A tenant too large to hold: each page's rows are made when they are asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import overload

from deployments.local.lago.store import FILTERS
from deployments.sample.lago.tenant.book import TenantBook
from deployments.sample.lago.tenant.defaults import PLANS, SERVICE
from deployments.sample.lago.tenant.terms import Contract, Json

#: All of them have the same plan and the same age, so that a row's place tells whose it is.
PLAN = PLANS[2]


MARK = "########"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STRIPE_ID = re.compile(r'("cus_)[0-9a-f]{8}')
_NUMBER = re.compile(r'("number": "[A-Z]{3}-)[0-9A-F]{8}')


class Rows(Sequence[Json]):
    """Rows of a resource: of every contract as many as there are templates."""

    def __init__(self, contracts: int, templates: list[str]) -> None:
        self._contracts = contracts
        self._templates = templates

    def __len__(self) -> int:
        return self._contracts * len(self._templates)

    @overload
    def __getitem__(self, index: int) -> Json: ...
    @overload
    def __getitem__(self, index: slice) -> list[Json]: ...
    def __getitem__(self, index: int | slice) -> Json | list[Json]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        number, which = divmod(index, len(self._templates))
        row: Json = json.loads(self._templates[which].replace(MARK, f"{number:08d}"))
        return row

    def find(self, key: str) -> Json:
        """Give the row of an external id, which holds the number of its contract."""
        return self[int(key.split("-")[1]) * len(self._templates)]


def large_document(customers: int, today: date, fees: int = 10) -> Json:
    """Give a tenant of so many customers with ``fees`` fees each or a few more.

    Its ``rows`` are made late; customers and subscriptions are found by external id alone.
    """
    book = TenantBook(SERVICE, today)
    start = datetime.combine(today, time(9), UTC)
    while len(book.objects(_contract(0, start))["fees"]) < fees:
        start -= timedelta(days=7)

    document = book.document()
    shared = set(_ID.findall(json.dumps(document)))
    rows: dict[str, Sequence[Json]] = {name: document.get(name, []) for name in FILTERS}
    made = book.objects(_contract(0, start))
    for name in ("customers", "subscriptions", "invoices", "fees"):
        rows[name] = Rows(customers, [_template(row, shared) for row in made[name]])
    return {"version": document["version"], "rows": rows}


def _contract(number: int, start: datetime) -> Contract:
    return Contract(f"member-{number:08d}", PLAN, start)


def _template(row: Json, shared: set[str]) -> str:
    """Write a row of contract 0 with a mark wherever another contract's would differ."""
    text = _ID.sub(lambda at: at[0] if at[0] in shared else MARK + at[0][8:], json.dumps(row))
    for own in (_NUMBER, _STRIPE_ID):
        text = own.sub(rf"\g<1>{MARK}", text)
    return text.replace("member-00000000", f"member-{MARK}")
