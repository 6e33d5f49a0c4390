"""Asking Odoo after the load: what it cannot answer any more is told, and costs no report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tasks.model.errors import ConfigError, FusionError


def ask(step: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, str | None]:
    """Call a step whose answer the report can do without.

    Returns:
        The answer and None; or None and why there is none.
    """
    try:
        return step(*args, **kwargs), None
    except ConfigError as error:
        return None, str(error)
    except FusionError as error:
        return None, f"{error} What was loaded before is in Odoo; run it again."
