"""What a decision rests on, in one short text."""

import hashlib
import json


def digest(rests_on: object) -> str:
    """Return the SHA-256 of JSON types, as canonical JSON."""
    text = json.dumps(rests_on, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
