"""doctor: is everything there that a run needs? No flow: it writes nothing anywhere."""

from __future__ import annotations

from tasks.run.doctor import Diagnosis, diagnose
from tasks.run.settings import load_settings


def doctor(service: str = "nexacloud") -> Diagnosis:
    """Check connections, rights and versions, and name every fault at once.

    Args:
        service: Code of the service in Odoo.
    """
    return diagnose(load_settings(), service)
