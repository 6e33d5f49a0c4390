"""NexaCloud's address: the spellings that are accepted, and what may be said of it aloud."""

from __future__ import annotations

import re

from tasks.model.errors import ConfigError

_DRIVER = re.compile(r"^(postgres(?:ql)?)\+\w+://")
#: What async drivers and SQLAlchemy understand after the ``?`` and libpq does not.
_OF_DRIVERS = frozenset(
    {
        "async_fallback",
        "command_timeout",
        "direct_tls",
        "max_cacheable_statement_size",
        "max_cached_statement_lifetime",
        "pool_size",
        "max_overflow",
        "prepare_threshold",
        "prepared_statement_cache_size",
        "prepared_statement_name_func",
        "server_settings",
        "statement_cache_size",
        "timeout",
    }
)
#: What drivers accept for ``ssl``; other words (``require``, ``verify-full``) are libpq's own.
_SSL_WORDS = {"true": "require", "1": "require", "false": "disable", "0": "disable"}

INVALID_DSN = (
    "NEXACLOUD_DSN is not a PostgreSQL address; write it like"
    " postgresql://role:password@host:5432/database, and signs such as @ : / ? # in the password"
    " as %40 %3A %2F %3F %23. After a ? only libpq's own parameters may stand (sslmode, ...)."
)


def to_libpq(dsn: str) -> tuple[str, tuple[str, ...]]:
    """Return the DSN as libpq reads it, and the names of the parameters that were left out.

    The driver that async apps name in it goes, and so do parameters of drivers alone; a
    parameter that nobody knows stays, for libpq to refuse: it may be a misspelt ``sslmode``.

    >>> to_libpq("postgresql+asyncpg://reader@db.example.com/nexacloud?ssl=require&timeout=5")
    ('postgresql://reader@db.example.com/nexacloud?sslmode=require', ('timeout',))
    """
    address, mark, query = _DRIVER.sub(r"\1://", dsn.strip()).partition("?")
    if not mark:
        return address, ()
    kept, left_out = [], []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name in _OF_DRIVERS:
            left_out.append(name)
        elif name == "ssl":
            kept.append(f"sslmode={_SSL_WORDS.get(value.lower(), value)}")
        else:
            kept.append(part)
    return "?".join([address, "&".join(kept)] if kept else [address]), tuple(left_out)


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
