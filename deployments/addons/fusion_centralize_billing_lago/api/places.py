"""Countries and states as a service writes them, and time zones as it is told them.

Lago knows some of the world's zones; of another one a service is told a twin.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from odoo.tools import escape_psql

from .errors import INVALID, InvalidError

# What Lago's clients know.
_ZONES = """
UTC Africa/Algiers Africa/Cairo Africa/Casablanca Africa/Harare Africa/Johannesburg
Africa/Monrovia Africa/Nairobi America/Argentina/Buenos_Aires America/Bogota America/Caracas
America/Chicago America/Chihuahua America/Denver America/Guatemala America/Guyana
America/Halifax America/Indiana/Indianapolis America/Juneau America/La_Paz America/Lima
America/Los_Angeles America/Mazatlan America/Mexico_City America/Monterrey
America/Montevideo America/New_York America/Nuuk America/Phoenix America/Puerto_Rico
America/Regina America/Santiago America/Sao_Paulo America/St_Johns America/Tijuana
Asia/Almaty Asia/Baghdad Asia/Baku Asia/Bangkok Asia/Chongqing Asia/Colombo Asia/Dhaka
Asia/Hong_Kong Asia/Irkutsk Asia/Jakarta Asia/Jerusalem Asia/Kabul Asia/Kamchatka
Asia/Karachi Asia/Kathmandu Asia/Kolkata Asia/Krasnoyarsk Asia/Kuala_Lumpur Asia/Kuwait
Asia/Magadan Asia/Muscat Asia/Novosibirsk Asia/Riyadh Asia/Seoul Asia/Shanghai
Asia/Singapore Asia/Srednekolymsk Asia/Taipei Asia/Tashkent Asia/Tbilisi Asia/Tehran
Asia/Tokyo Asia/Ulaanbaatar Asia/Urumqi Asia/Vladivostok Asia/Yakutsk Asia/Yangon
Asia/Yekaterinburg Asia/Yerevan Atlantic/Azores Atlantic/Cape_Verde Atlantic/South_Georgia
Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Hobart Australia/Melbourne
Australia/Perth Australia/Sydney Europe/Amsterdam Europe/Athens Europe/Belgrade
Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Bucharest Europe/Budapest
Europe/Copenhagen Europe/Dublin Europe/Helsinki Europe/Istanbul Europe/Kaliningrad
Europe/Kyiv Europe/Lisbon Europe/Ljubljana Europe/London Europe/Madrid Europe/Minsk
Europe/Moscow Europe/Paris Europe/Prague Europe/Riga Europe/Rome Europe/Samara
Europe/Sarajevo Europe/Skopje Europe/Sofia Europe/Stockholm Europe/Tallinn Europe/Vienna
Europe/Vilnius Europe/Volgograd Europe/Warsaw Europe/Zagreb Europe/Zurich GMT+12
Pacific/Apia Pacific/Auckland Pacific/Chatham Pacific/Fakaofo Pacific/Fiji
Pacific/Guadalcanal Pacific/Guam Pacific/Honolulu Pacific/Majuro Pacific/Midway
Pacific/Noumea Pacific/Pago_Pago Pacific/Port_Moresby Pacific/Tongatapu
"""
_KNOWN = tuple(_ZONES.split())


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


@lru_cache(maxsize=512)
def told_zone(name: str) -> str:
    """Return the zone by a name that Lago's clients know: that of the same clocks, else itself.

    >>> told_zone("America/Toronto"), told_zone("Europe/Paris")
    ('America/New_York', 'Europe/Paris')
    """
    if name in _KNOWN or name not in available_timezones():
        return name
    clock = _clock(name)
    # Of several the one on the same continent, before the others.
    continent = name.partition("/")[0]
    twins = [one for one in _KNOWN if one in available_timezones() and _clock(one) == clock]
    near = [one for one in twins if one.startswith(f"{continent}/")]
    preferred = [one for one in near if one in ("America/New_York", "America/Chicago")]
    return next(iter([*preferred, *near, *twins, name]))


@lru_cache(maxsize=1024)
def _clock(name: str) -> tuple:
    """Return a zone's distance from UTC, week by week over two years."""
    zone, start = ZoneInfo(name), datetime(datetime.now(UTC).year, 1, 1, tzinfo=UTC)
    return tuple(
        (start + timedelta(weeks=week)).astimezone(zone).utcoffset() for week in range(104)
    )
