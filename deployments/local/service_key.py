"""A key with which a sample app calls Odoo's API, as it called Lago's."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import urlsplit

import odoorpc

SERVICE = "NexaDesk"
_MODEL = "fusion.billing.service"


def ensure_service_key(
    url: str, database: str, *, login: str, password: str, known: str | None
) -> str:
    """Return a valid key of the sample app's service, which is made if it is not there.

    Args:
        url: Odoo's address.
        database: Odoo's database.
        login: A manager of the addon.
        password: That user's password.
        known: The key of the last start; it is returned if Odoo still takes it.
    """
    if known and _is_taken(url, known):
        return known
    address = urlsplit(url)
    odoo = odoorpc.ODOO(str(address.hostname), port=address.port or 80)
    odoo.login(database, login, password)
    code = SERVICE.lower()
    found = odoo.execute(_MODEL, "search", [("code", "=", code)])
    service = found[0] if found else odoo.execute(_MODEL, "create", {"name": SERVICE, "code": code})
    return str(odoo.execute(_MODEL, "issue_api_key", [service], "make up"))


def _is_taken(url: str, key: str) -> bool:
    request = urllib.request.Request(  # noqa: S310 (our own Odoo)
        f"{url}/api/v1/customers?per_page=1", headers={"Authorization": f"Bearer {key}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return False
