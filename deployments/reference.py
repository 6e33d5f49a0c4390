"""The table of the API's operations, in the page that has it: ``python -m deployments.reference``.

It is made of the routes that stand above their handlers. They are read from the source, so that
neither Odoo nor a database is needed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
HANDLERS = PROJECT / "deployments/addons/fusion_centralize_billing_lago/api/handlers"
PAGE = PROJECT / "docs/moving-from-lago.md"
BEGIN, END = "<!-- operations: made by python -m deployments.reference -->", "<!-- /operations -->"
_METADATA = (
    ("POST", "/metadata", "Replace the pairs that are kept with a record"),
    ("PATCH", "/metadata", "Change some of the pairs that are kept with a record"),
    ("DELETE", "/metadata", "Remove all pairs that are kept with a record"),
    ("DELETE", "/metadata/{key}", "Remove one of the pairs that are kept with a record"),
)


@dataclass(frozen=True, order=True)
class Operation:
    """One thing that the API does.

    Attributes:
        path: Below ``/api/v1``.
        method: HTTP method.
        summary: One line for people.
        partly: What of Lago's it refuses; "" if it takes all that Lago's document has.
    """

    path: str
    method: str
    summary: str
    partly: str = ""

    @property
    def told(self) -> str:
        """Return the operation as the table has it."""
        return f"**{self.method}** {self.summary}{f' (*{self.partly}*)' if self.partly else ''}"


def operations() -> list[Operation]:
    """Return all operations, by path."""
    found = {
        operation
        for file in sorted(HANDLERS.glob("*.py"))
        for operation in _of_file(ast.parse(file.read_text(encoding="utf-8")))
    }
    return sorted(found)


def table() -> str:
    """Return the table as Markdown: one row for each path."""
    by_path: dict[str, list[Operation]] = {}
    for operation in operations():
        by_path.setdefault(operation.path, []).append(operation)
    rows = [f"| `{path}` | {'; '.join(one.told for one in its)} |" for path, its in by_path.items()]
    every = operations()
    whole = sum(not one.partly for one in every)
    head = [
        f"{len(every)} operations on {len(rows)} paths: {whole} take every parameter and attribute "
        "that Lago's document",
        f"has for them, {len(every) - whole} in part; what these leave out is in brackets.",
        "",
        "| path | what it does |",
        "| --- | --- |",
    ]
    return "\n".join([*head, *rows])


def written(page: str) -> str:
    """Return the page with the table as it has to be."""
    before, _begin, rest = page.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _of_file(tree: ast.Module) -> Iterator[Operation]:
    named = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if _called(decorator) == "route":
                    yield from _of_route(decorator, ast.get_docstring(node) or "", named)
        elif isinstance(node, ast.Expr) and _called(node.value) == "metadata_routes":
            path = ast.literal_eval(node.value.args[0])
            yield from (Operation(path + tail, verb, said) for verb, tail, said in _METADATA)


def _called(node: ast.expr) -> str:
    """Return the name of the function that an expression calls; "" if it calls none."""
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return node.func.id if named else ""


def _of_route(call: ast.Call, docstring: str, named: dict[str, str]) -> Iterator[Operation]:
    """Yield what a route does, and its list below a customer's path if it has one.

    Args:
        call: The decorator.
        docstring: Of its handler.
        named: Constants of the file, some of which a route may tell.
    """
    method, path = (ast.literal_eval(argument) for argument in call.args[:2])
    words = ("summary", "partly", "of_customer")
    told = {
        one.arg: named[one.value.id]
        if isinstance(one.value, ast.Name)
        else ast.literal_eval(one.value)
        for one in call.keywords
        if one.arg in words
    }
    summary = told.get("summary", docstring).partition("\n")[0].rstrip(".")
    yield Operation(path, method, summary, told.get("partly", ""))
    if "of_customer" in told:
        path, summary = f"/customers/{{external_id}}{path}", told["of_customer"]
        yield Operation(path, method, summary, told.get("partly", ""))


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
