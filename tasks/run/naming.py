"""What a flow run is called: the flow, whose it is, and of which period."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prefect.runtime import flow_run


def run_name(flow: str) -> Callable[[], str]:
    """Make the namer of a flow's runs; Prefect calls it when a run begins."""

    def name() -> str:
        return name_of(flow, flow_run.parameters)

    return name


def name_of(flow: str, parameters: Mapping[str, Any]) -> str:
    """Tell a run from others by its parameters.

    >>> name_of("usage", {"service": "nexacloud", "period": "2026-10", "dry_run": True})
    'usage nexacloud 2026-10 (dry run)'
    >>> name_of("dual-run", {"service": "nexacloud,nexadesk", "period": None})
    'dual-run nexacloud,nexadesk'
    >>> name_of("cutover", {"service": "nexacloud", "customers": ["a", "b"], "rollback": True})
    'cutover nexacloud, 2 customers (rollback)'
    """
    service = parameters.get("service")
    whose = service if isinstance(service, list) else [service] if service else []
    customers = parameters.get("customers")
    group = [f"{len(customers)} customers"] if customers else []
    subject = ", ".join([*whose, *group])
    marks = [word for word in ("full", "rollback", "dry_run") if parameters.get(word)]
    words = [flow, subject, str(parameters.get("period") or "")]
    if marks:
        words.append(f"({', '.join(marks).replace('_', ' ')})")
    return " ".join(word for word in words if word)
