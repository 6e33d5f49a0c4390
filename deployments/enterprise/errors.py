"""Why the proof could not be run."""

from __future__ import annotations


class EnterpriseError(Exception):
    """Odoo, its configuration or its database is not as it must be; the text says what to do."""
