"""NexaCloud's address: the spellings that are accepted, and what may be said of it aloud."""

from __future__ import annotations

import re

from tasks.model.errors import ConfigError

_DRIVER = re.compile(r"^(postgres(?:ql)?)\+\w+://")
_SSL = re.compile(r"([?&])ssl=")

INVALID_DSN = (
    "NEXACLOUD_DSN is not a PostgreSQL address; write it like"
    " postgresql://role:password@host:5432/database, and signs such as @ : / ? # in the password"
    " as %40 %3A %2F %3F %23."
)


def to_libpq(dsn: str) -> str:
    """Return the DSN without the driver that async apps name in it.

    >>> to_libpq("postgresql+asyncpg://reader@db.example.com/nexacloud?ssl=require")
    'postgresql://reader@db.example.com/nexacloud?sslmode=require'
    """
    stripped, found = _DRIVER.subn(r"\1://", dsn.strip())
    return _SSL.sub(r"\1sslmode=", stripped) if found else stripped


def describe(parsed: dict[str, str]) -> str:
    """Say where the database is, from the parsed DSN, without any secret.

    Raises:
        ConfigError: An unescaped sign made a part of the password look like a host or a
            database; naming that would tell the password.
    """
    host = parsed.get("host") or parsed.get("hostaddr") or "the local socket"
    port, database = parsed.get("port", "5432"), parsed.get("dbname", "")
    if "@" in host + database or ":" in database or not re.fullmatch(r"[\d,]+", port):
        raise ConfigError(INVALID_DSN)
    return f"database {database!r} at {host}, port {port}"
