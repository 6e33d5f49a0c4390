"""The message that an endpoint receives, in Lago's envelope."""

import json
from typing import Any

from .event_types import OBJECT_TYPES


def message_body(event_type: str, organization_id: str, content: dict[str, Any]) -> str:
    """Return the message as text: it is stored so, and sent byte for byte.

    Args:
        event_type: One of ``OBJECT_TYPES``.
        organization_id: The service's id in the API.
        content: The object that the event is about, as the API shows it.
    """
    object_type = OBJECT_TYPES[event_type]
    envelope = {
        "webhook_type": event_type,
        "object_type": object_type,
        "organization_id": organization_id,
        object_type: content,
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
