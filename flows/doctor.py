"""doctor: is everything there that a run needs? No flow: it writes nothing anywhere."""

from __future__ import annotations

from tasks.run.doctor import Diagnosis, diagnose, look_at_machine, look_deep
from tasks.run.server import require_server
from tasks.run.settings import load_settings


def doctor(service: str = "nexacloud", deep: bool = False) -> Diagnosis:
    """Check connections, rights and versions, and name every fault at once.

    Args:
        service: Code of the service in Odoo.
        deep: Look also at what decides in Odoo what becomes of invoices, and let it make the first
            invoices of some customers, which it takes back at once.
    """
    settings = load_settings()
    diagnosis = diagnose(settings, service)
    with diagnosis.look_at("Prefect"):
        diagnosis.found.append(("Prefect", require_server() or "none; a run starts its own"))
    look_at_machine(diagnosis, settings)
    if deep and diagnosis.about:
        look_deep(diagnosis, settings, service)
    return diagnosis
