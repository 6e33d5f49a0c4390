"""How far the usage of a service has been metered."""

from datetime import datetime

from odoo.addons.fusion_centralize_billing.loader.journal import find_run, utc


def note_metered(env, run_key: str, text: str) -> None:
    """Remember when a complete metering run read the source, an ISO time; the latest stays."""
    service = find_run(env, run_key).service_id
    metered, before = utc(datetime.fromisoformat(text)), service.usage_metered_until
    service.usage_metered_until = max(before, metered) if before else metered
