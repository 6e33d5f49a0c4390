"""What the quality rules ask about moments: are they ones that a calendar knows?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tasks.model.source import Row

#: No subscription of ours reaches so far: such a year stands for "never", or is a slip.
FAR_YEAR = 2100


def moment_facts(row: Row) -> dict[str, Any]:
    """Name the values of a row that could not be read, and its moments that are far away.

    Returns:
        ``unreadable`` and ``far_moments``: texts like ``deleted_at is infinity``, each None
        where there is nothing to say.
    """
    far = [
        f"{name} is {value.date()}"
        for name, value in row.items()
        if isinstance(value, datetime) and value.year >= FAR_YEAR
    ]
    return {"unreadable": row.get("unreadable"), "far_moments": ", ".join(far) or None}
