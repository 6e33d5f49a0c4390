"""Pages of lists."""

import re
from dataclasses import dataclass

PER_PAGE = 100
MOST_PER_PAGE = 1000
_MOST_PAGES = 10**9


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """Return how many items come before the page."""
        return (self.number - 1) * self.size

    def meta(self, total: int) -> dict:
        """Return Lago's description of the page in a list of ``total`` items."""
        pages = -(-total // self.size)
        if not total:
            return {
                "current_page": 0,
                "next_page": None,
                "prev_page": None,
                "total_pages": 0,
                "total_count": 0,
            }
        return {
            "current_page": self.number,
            "next_page": self.number + 1 if self.number < pages else None,
            "prev_page": self.number - 1 if self.number > 1 else None,
            "total_pages": pages,
            "total_count": total,
        }


def page_of(query) -> Page:
    """Return the page that a request wants; what cannot be read counts as not said."""
    size = min(_positive(query.get("per_page"), PER_PAGE), MOST_PER_PAGE)
    return Page(min(_positive(query.get("page"), 1), _MOST_PAGES), size)


def listed(call, table, domain, order: str = "id desc", show=None) -> dict:
    """Return a page of records.

    Args:
        call: The request.
        table: Shows them.
        domain: What to list; it has to name the service.
        order: How the model sorts, such that no two records are equal.
        show: Turns a record into its JSON object; None: the table does.
    """
    page = page_of(call.query)
    records = call.env[table.model]
    total = records.search_count(domain)
    found = records.search(domain, order=order, limit=page.size, offset=page.offset)
    shown = [(show or table.show)(record) for record in found]
    return {table.list_key: shown, "meta": page.meta(total)}


def _positive(text, default: int) -> int:
    if text and re.fullmatch(r"\d{1,12}", text, re.ASCII) and int(text) > 0:
        return int(text)
    return default
