"""Automations: who is told what, and what becomes of a run whose process is gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound

from deployments.apply import ApplyError

FILE = Path(__file__).resolve().parents[1] / "alerts.yaml"
BLOCK = "billing-alerts"


def ensure_channel(client: SyncPrefectClient, url: str | None) -> UUID | None:
    """Store the webhook that alerts go to, and return its block.

    It gets a JSON object with ``text``, which Slack, Mattermost and many others show; another
    shape is a matter of the block's fields in Prefect, which a later call keeps.

    Args:
        client: Prefect.
        url: Where to post to; None keeps what was stored before.
    """
    if url:
        block = _load()
        if block is None:
            block = CustomWebhookNotificationBlock(
                name=BLOCK,
                url="{{url}}",
                json_data={"text": "{{subject}}\n{{body}}"},
                secrets={"url": url},
            )
        block.secrets = type(block.secrets)({**block.secrets.get_secret_value(), "url": url})
        return UUID(str(block.save(BLOCK, overwrite=True)))
    try:
        return client.read_block_document_by_name(BLOCK, "custom-webhook").id
    except ObjectNotFound:
        return None


def ensure_alerts(client: SyncPrefectClient, channel: UUID | None, path: Path = FILE) -> list[str]:
    """Create or update each automation of the file, by name; return the names.

    Args:
        client: Prefect.
        channel: Block of the channel; without one, what would send something is left out.
        path: The file.

    Raises:
        ApplyError: There are two automations of one name.
    """
    applied = []
    for raw in yaml.safe_load(path.read_text(encoding="utf-8")):
        actions = [_addressed(action, channel) for action in raw["actions"]]
        if None in actions:
            continue
        automation = AutomationCore.model_validate(raw | {"actions": actions})
        there = client.read_automations_by_name(automation.name)
        if len(there) > 1:
            raise ApplyError(
                f"Prefect has {len(there)} automations called {automation.name!r}: delete all but"
                " one, then try again."
            )
        if there:
            automation.enabled = there[0].enabled
            client.update_automation(there[0].id, automation)
        else:
            client.create_automation(automation)
        applied.append(automation.name)
    return applied


def _addressed(action: dict[str, Any], channel: UUID | None) -> dict[str, Any] | None:
    if action.get("block_document_id") != "channel":
        return action
    return action | {"block_document_id": str(channel)} if channel else None


def _load() -> CustomWebhookNotificationBlock | None:
    try:
        block: Any = CustomWebhookNotificationBlock.load(BLOCK)
    except ValueError:
        return None
    return block if isinstance(block, CustomWebhookNotificationBlock) else None
