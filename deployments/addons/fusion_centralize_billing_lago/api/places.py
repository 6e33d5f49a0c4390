"""Countries and states as a service writes them."""

from odoo.tools import escape_psql

from .errors import INVALID, InvalidError


def country_of(env, code: str | None):
    """Return the country of a code, possibly empty.

    Raises:
        InvalidError: Odoo knows none of this code.
    """
    country = find_country(env, code)
    if code and not country:
        raise InvalidError({"country": [INVALID]})
    return country


def find_country(env, code: str | None):
    """Return the country of a code; empty without one, and for one that nobody knows."""
    countries = env["res.country"]
    return countries.search([("code", "=", code.upper())], limit=1) if code else countries


def state_of(env, country, text: str | None):
    """Return the country's state of a code or a name, possibly empty."""
    states = env["res.country.state"]
    if not text or not country:
        return states
    same = escape_psql(text)
    return states.search(
        [("country_id", "=", country.id), "|", ("code", "=ilike", same), ("name", "=ilike", same)],
        limit=1,
    )
