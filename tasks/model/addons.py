"""The names of add-ons: the same one, however a table, an invoice or a person spells it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# What an invoice may say of an add-on beside its name: the days, the cycle, how many months.
_ADDON_ASIDE = re.compile(
    r"\(?\d{4}-\d{2}-\d{2} *(→|->|–|-|to) *\d{4}-\d{2}-\d{2}\)?"
    r"|\((\d+ *)?(weekly|monthly|quarterly|yearly|annual(ly)?|months?|years?)\)"
    r"|[×x*] *\d+ *(months?)?$"
    r"|^add-?on *[:–-]",
    re.IGNORECASE,
)


def addon_key(name: str) -> str:
    """Return an add-on's name without what differs between spellings of it.

    >>> addon_key("Add-on: Daily  Backup (monthly)") == addon_key("daily backup")
    True
    >>> addon_key("Dédié IP × 12") == addon_key("DEDIE IP")
    True
    """
    bare = _ADDON_ASIDE.sub(" ", name.strip())
    letters = unicodedata.normalize("NFKD", bare).casefold()
    key = "".join(letter for letter in letters if letter.isalnum())
    # A name of nothing but such asides, or of signs, is its own.
    return key or name.strip().casefold()


def addon_item(name: str) -> str:
    """Return the item of an add-on as the ledgers show it, its name with single blanks.

    >>> addon_item("  Daily  backup ")
    'addon:Daily backup'
    """
    return f"addon:{' '.join(name.split())}"


def names_by_key(names: Iterable[str | None]) -> dict[str, str]:
    """Return one spelling for each add-on, the same whatever the order of the names.

    >>> names_by_key(["daily backup", "Daily Backup", None, " "])
    {'dailybackup': 'Daily Backup'}
    """
    found: dict[str, str] = {}
    for name in names:
        if name and name.strip():
            key = addon_key(name)
            found[key] = min(name, found.get(key, name))
    return found
