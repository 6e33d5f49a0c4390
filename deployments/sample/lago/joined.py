"""Several tenants' data, as one Lago serves them: each service is a billing entity."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def joined(*documents: Json) -> Json:
    """Put documents together, list by list; they share no code and no id.

    Raises:
        ValueError: They speak different versions of Lago.
    """
    versions = {document["version"] for document in documents}
    if len(versions) > 1:
        raise ValueError(f"one Lago has one version, not {sorted(versions)}")
    whole: Json = {"version": documents[0]["version"]}
    for document in documents:
        for name, rows in document.items():
            if isinstance(rows, list):
                whole.setdefault(name, []).extend(rows)
            elif isinstance(rows, dict):
                whole.setdefault(name, {}).update(rows)
    return whole
