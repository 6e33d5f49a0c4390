"""The ids that the API shows: UUIDs, as Lago's are, that name a record without being stored.

The last 48 bits are the record's id; the rest is a digest of model and id, so that an id of one
kind is never taken for one of another. An id is no secret: whose record it is, is always asked.
"""

import hashlib
from uuid import UUID

_ID_BYTES = 6


def lago_id(record) -> str | None:
    """Return the id by which the API knows a record, or None for no record."""
    return lago_id_of(record._name, record.id) if record else None


def lago_id_of(model: str, record_id: int) -> str:
    """Return the id by which the API knows the record of a model."""
    digest = hashlib.sha256(f"{model}:{record_id}".encode()).digest()
    bits = bytearray(digest[: 16 - _ID_BYTES] + record_id.to_bytes(_ID_BYTES, "big"))
    bits[6] = bits[6] & 0x0F | 0x80  # version 8: made by rules of one's own
    bits[8] = bits[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(bits)))


def record_id_of(model: str, text: object) -> int | None:
    """Return the record id that ``text`` stands for; None if it is no id of this model.

    The record need not exist.
    """
    try:
        uuid = UUID(text)
    except (ValueError, TypeError, AttributeError):
        return None
    record_id = int.from_bytes(uuid.bytes[-_ID_BYTES:], "big")
    # Ids of Odoo are 32 bits wide.
    known = 0 < record_id < 2**31 and lago_id_of(model, record_id) == str(uuid)
    return record_id if known else None
