"""How a cell reads, for people and for programs, and tables as grids of text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from tasks.model.counts import LEFT_ASIDE, TableCounts, add_up
from tasks.model.money import decimal_text
from tasks.model.records import Outcome
from tasks.model.report import Cell, Counts, Link, Section, Table
from tasks.report import words

SHORT = 12
"""Rows of a table that the terminal and Prefect's text show."""


def shown(cell: Cell) -> str:
    """Write a cell for people.

    >>> shown(1212), shown(Decimal("3.5")), shown(Link("Invoice 7", "https://odoo.example/"))
    ('1,212', '3.50', 'Invoice 7')
    """
    match cell:
        case None:
            return "–"
        case Link():
            return cell.words
        case Decimal():
            return words.money(cell, "")
        case int():
            return words.number(cell)
        case datetime():
            return f"{cell.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return cell


def stored(cell: Cell) -> str | None:
    """Write a cell for programs: plain digits, ISO 8601, a link as its target."""
    match cell:
        case Link():
            return cell.target
        case Decimal():
            return decimal_text(cell)
        case int():
            return str(cell)
        case datetime():
            return cell.isoformat()
    return cell


def number_columns(table: Table) -> set[int]:
    """Find the columns that hold numbers; they stand to the right."""
    return {
        place
        for row in table.rows
        for place, cell in enumerate(row)
        if isinstance(cell, int | Decimal)
    }


def short(section: Section) -> tuple[str, list[list[str]], str] | None:
    """Write a table or rows by outcome in short: title, grid with its head, and how many are left.

    None: it is another section, or one for the page only.
    """
    match section:
        case Table() if section.where != "page" and section.rows:
            rest = len(section.rows) - SHORT
            rows = ([shown(cell) for cell in row] for row in section.rows[:SHORT])
            more = f"and {words.number(rest)} more, see the report" if rest > 0 else ""
            return section.title, [list(section.columns), *rows], more
        case Counts():
            return "", counts_grid(section), ""
    return None


def counts_grid(counts: Counts) -> list[list[str]]:
    """Write rows by outcome as a table with a head."""
    columns = outcome_columns(counts.tables)
    return [
        ["", "Read", *columns.values()],
        *(
            [
                words.table_name(each.table),
                words.number(each.read),
                *(words.number(each.by_outcome[outcome]) for outcome in columns),
            ]
            for each in counts.tables
        ),
    ]


def outcome_columns(tables: Iterable[TableCounts]) -> dict[Outcome, str]:
    """Name the columns; rows left aside get one only when there are any."""
    whole = add_up(tables)
    return {
        outcome: name
        for outcome, name in words.OUTCOME_NAMES.items()
        if outcome not in LEFT_ASIDE or whole.by_outcome[outcome]
    }
