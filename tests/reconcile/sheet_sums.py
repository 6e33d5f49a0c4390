"""Computes the formulas of a workbook anew, as a spreadsheet would, from the cells beside them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

_CELL = re.compile(r"(?:(\w+)!)?\$?([A-Z])\$?([0-9]+)")
_RANGE = re.compile(r"(?:(\w+)!)?\$?([A-Z])\$?([0-9]+):\$?([A-Z])\$?([0-9]+)")


class Sheets:
    """The sheets of a workbook opened for its formulas."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._columns: dict[tuple[str, str], list[Any]] = {}

    def value(self, sheet: str, cell: str) -> Any:
        """Compute a cell."""
        content = self.book[sheet][cell].value
        if isinstance(content, str) and content.startswith("="):
            return self._formula(sheet, content[1:])
        return content if isinstance(content, str) else Decimal(str(content or 0))

    def formulas(self, sheet: str) -> list[str]:
        """List the cells that hold one."""
        return [
            cell.coordinate
            for row in self.book[sheet].iter_rows()
            for cell in row
            if cell.data_type == "f"
        ]

    def _formula(self, sheet: str, formula: str) -> Decimal:
        name, _, inside = formula.partition("(")
        arguments = inside.removesuffix(")").split(",")
        match name:
            case "SUMIFS":
                ranges = [self._range(sheet, each) for each in arguments[1::2]]
                wanted = [self._cell(sheet, each) for each in arguments[2::2]]
                return sum(
                    (
                        Decimal(str(amount or 0))
                        for amount, *keys in zip(
                            self._range(sheet, arguments[0]), *ranges, strict=True
                        )
                        if [str(key) for key in keys] == wanted
                    ),
                    Decimal(0),
                )
            case "SUM":
                return sum(Decimal(str(each)) for each in self._range(sheet, arguments[0]))
            case "SUBTOTAL":
                return sum(Decimal(str(each or 0)) for each in self._range(sheet, arguments[1]))
        assert name == "ROUND", formula
        left, right = re.fullmatch(r"(.+?)-(.+)", arguments[0]).groups()
        return round(self._number(sheet, left) - self._number(sheet, right), int(arguments[1]))

    def _number(self, sheet: str, text: str) -> Decimal:
        found = _CELL.fullmatch(text)
        if not found:
            return Decimal(text.strip("()"))
        return self.value(found[1] or sheet, f"{found[2]}{found[3]}")

    def _cell(self, sheet: str, text: str) -> str:
        found = _CELL.fullmatch(text)
        return str(self.value(found[1] or sheet, f"{found[2]}{found[3]}"))

    def _range(self, sheet: str, text: str) -> list[Any]:
        found = _RANGE.fullmatch(text)
        where, column, first, last = found[1] or sheet, found[2], int(found[3]), int(found[5])
        if (where, text) not in self._columns:
            cells = [f"{column}{row}" for row in range(first, last + 1)]
            self._columns[where, text] = [self.value(where, cell) for cell in cells]
        return self._columns[where, text]
