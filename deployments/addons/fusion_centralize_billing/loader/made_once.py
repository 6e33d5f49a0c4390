"""Records that a load needs once for all rows: found by name, or made."""

from psycopg2 import IntegrityError

from odoo.exceptions import ConcurrencyError
from odoo.models import BaseModel

_MODULE = "fusion_centralize_billing"


def made_once(env, model: str, name: str, values: dict) -> BaseModel:
    """Return the record of this name; whoever changes it in Odoo keeps the change.

    Args:
        env: Superuser environment in the service's company.
        model: Of the record.
        name: Unique among all records that loads make.
        values: What to create it with.

    Raises:
        ConcurrencyError: Another load made it at the same time; Odoo replays the call.
    """
    xml_id = f"{_MODULE}.{name}"
    found = env.ref(xml_id, raise_if_not_found=False)
    if found:
        return found
    try:
        with env.cr.savepoint():
            made = env[model]._load_records(
                [{"xml_id": xml_id, "values": values, "noupdate": True}]
            )
            env.flush_all()
    except IntegrityError as error:
        raise ConcurrencyError("Another load made the same record first.") from error
    return made
