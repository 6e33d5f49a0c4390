"""How far the usage of a service has been metered."""

from datetime import datetime

from odoo.addons.fusion_centralize_billing.loader.journal import utc


def note_metered(run, text: str) -> None:
    """Remember when a complete metering run read the source, an ISO time; the latest stays."""
    service = run.service_id
    metered, before = utc(datetime.fromisoformat(text)), service.usage_metered_until
    service.usage_metered_until = max(before, metered) if before else metered
