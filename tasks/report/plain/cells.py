"""How a cell of a simple flow's table reads, on the page and in a file."""

from __future__ import annotations

from decimal import Decimal

from tasks.model.money import decimal_text
from tasks.report import words
from tasks.report.plain_report import Cell, Link, Table

SHORT = 12
"""Rows of a brief table that the terminal and Prefect show."""


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
    return cell


def stored(cell: Cell) -> str | None:
    """Write a cell for programs: plain digits, a link as its target."""
    match cell:
        case Link():
            return cell.target
        case Decimal():
            return decimal_text(cell)
        case int():
            return str(cell)
    return cell


def number_columns(table: Table) -> set[int]:
    """Find the columns that hold numbers; they stand to the right."""
    return {
        place
        for row in table.rows
        for place, cell in enumerate(row)
        if isinstance(cell, int | Decimal)
    }


def grid(table: Table) -> list[list[str]]:
    """Write the head and the first rows of a brief table."""
    return [list(table.columns), *([shown(cell) for cell in row] for row in table.rows[:SHORT])]
