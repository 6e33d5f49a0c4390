"""What a text says to somebody who reads it."""

from __future__ import annotations

#: What Odoo's load endpoint takes as an id.
_MOST_CHARACTERS = 200


def said(text: str | None) -> str | None:
    r"""Give a text without the blanks around it; None if nothing of it can be seen.

    >>> said(" Zoé "), said(" \t"), said("\u200b\ufeff"), said(None)
    ('Zoé', None, None, None)
    """
    if text is None or not any(sign.isprintable() and not sign.isspace() for sign in text):
        return None
    return text.strip()


def is_usable_key(key: str | None) -> bool:
    r"""Tell whether Odoo can know a row by its id; that there is none at all is told elsewhere.

    >>> is_usable_key("dep-7"), is_usable_key(""), is_usable_key("dep\n7"), is_usable_key("7" * 201)
    (True, False, False, False)
    """
    return key is None or (0 < len(key) <= _MOST_CHARACTERS and key.isprintable())
