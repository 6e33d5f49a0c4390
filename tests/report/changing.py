"""Change a sample of a run: whose it is, how it ended, or what it found, by the field's name."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

from tasks.model.report import Head

_END = {"state_name": "name", "state_message": "message", "exit_code": "exit_code"}
Results = TypeVar("Results")


def changed(head: Head, results: Results, changes: dict[str, Any]) -> tuple[Head, Results]:
    """Give both with the changes; the end has ``state_name``, ``state_message``, ``exit_code``."""
    of_head = {each.name for each in fields(Head)} & changes.keys()
    of_end = {_END[name]: changes[name] for name in _END.keys() & changes.keys()}
    others = changes.keys() - of_head - _END.keys()
    return (
        replace(head, **{name: changes[name] for name in of_head}),
        replace(
            results,
            end=replace(results.end, **of_end),
            **{name: changes[name] for name in others},
        ),
    )
