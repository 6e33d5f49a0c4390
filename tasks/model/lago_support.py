"""What of Lago is supported: every construct by name, and what becomes of it.

The list is data (``expectations/lago/constructs.json``), read by the backfill and by whoever
tells people about it; a rule that is not in the list cannot be used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from tasks.model.errors import RecordError

CONSTRUCTS = Path(__file__).parents[2] / "expectations" / "lago" / "constructs.json"


class Fate(StrEnum):
    """What becomes of a construct."""

    CARRIED = "carried"
    KEPT_OUT = "kept_out"
    STAYS_IN_APP = "stays_in_app"


@dataclass(frozen=True, slots=True)
class Construct:
    """Something that Lago can say.

    ``odoo`` says how it is carried, ``why`` why its row is kept out, ``remedy`` what to do in
    Lago; each is empty where the fate needs none.
    """

    name: str
    area: str
    fate: Fate
    what: str
    odoo: str = ""
    why: str = ""
    remedy: str = ""


@cache
def constructs() -> dict[str, Construct]:
    """Give every construct by its name, in the order of the list."""
    listed = json.loads(CONSTRUCTS.read_text(encoding="utf-8"))["constructs"]
    return {each["name"]: Construct(**each | {"fate": Fate(each["fate"])}) for each in listed}


def kept_out(key: str, name: str, subject: str) -> RecordError:
    """Make the error that keeps a row out under a construct's name.

    Args:
        key: The row's.
        name: A construct whose fate is ``kept_out``.
        subject: What of the row it is, as a sentence: "Plan team charges for seats by days."
    """
    construct = constructs()[name]
    if construct.fate is not Fate.KEPT_OUT:
        raise ValueError(f"{name} does not keep a row out")
    return RecordError(key, name, f"{subject} {construct.why}")
