"""doctor: is everything there that a run needs? No flow: it writes nothing anywhere."""

from __future__ import annotations

from tasks.run.doctor import Diagnosis, diagnose
from tasks.run.machine import look_at_machine
from tasks.run.server import require_server
from tasks.run.settings import load_settings


def doctor(service: str = "nexacloud") -> Diagnosis:
    """Check connections, rights and versions, and name every fault at once.

    Args:
        service: Code of the service in Odoo.
    """
    settings = load_settings()
    diagnosis = diagnose(settings, service)
    with diagnosis.look_at("Prefect"):
        diagnosis.found.append(("Prefect", require_server() or "none; a run starts its own"))
    look_at_machine(diagnosis, settings)
    return diagnosis
