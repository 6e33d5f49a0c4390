"""PostgreSQL's faults as the project's errors: what happened, where, what to do.

PostgreSQL's own texts stay out: they repeat parts of the DSN or quote rows.
"""

from __future__ import annotations

import re

from tasks.model.errors import ConfigError, FatalError, FusionError, RetryableError

_BUSY = r"too many (clients|connections)|connection slots|starting up|shutting down"
_CONNECTION_FAULTS = (
    (
        r"authentication failed|no password supplied",
        "NexaCloud's {where} refused the password of role {role!r}; correct NEXACLOUD_DSN.",
    ),
    (
        r'database ".*" does not exist',
        "NexaCloud's {where} does not exist there; correct the database's name in NEXACLOUD_DSN.",
    ),
    (
        r'role ".*" does not exist',
        "NexaCloud's {where} knows no role {role!r}; create it with readonly_role.sql or correct"
        " NEXACLOUD_DSN.",
    ),
    (
        r"could not translate host name|Name or service not known",
        "NexaCloud's {where} cannot be found: no such host; correct NEXACLOUD_DSN.",
    ),
    (
        r"Connection refused|timeout expired|timed out|No route to host|unreachable|No such file",
        "NexaCloud's {where} cannot be reached; check host and port in NEXACLOUD_DSN, and that"
        " PostgreSQL listens there.",
    ),
    (
        r"SSL|pg_hba",
        "NexaCloud's {where} does not accept this kind of connection from here (TLS or"
        " pg_hba.conf); add ?sslmode=require to NEXACLOUD_DSN or ask its administrator.",
    ),
)
# Classes of SQLSTATE that a later try may not meet: connection, rollback, resources, operator.
_PASSING = ("08", "40", "53", "55", "57", "58")


def connection_fault(message: str, where: str, role: str) -> FusionError:
    """Translate libpq's complaint about a connection that did not come about.

    libpq gives no code for these, only text, and its text may be in any language: what is not
    recognized still becomes a sentence that says where to look.
    """
    if re.search(_BUSY, message):
        return RetryableError(f"NexaCloud's {where} takes no connections at the moment.")
    for pattern, sentence in _CONNECTION_FAULTS:
        if re.search(pattern, message):
            return ConfigError(sentence.format(where=where, role=role))
    return ConfigError(
        f"NexaCloud's {where} refused the connection of role {role!r}; check NEXACLOUD_DSN and"
        " the server's log."
    )


def query_fault(sqlstate: str | None, where: str, role: str, timeout_seconds: int) -> FusionError:
    """Translate the SQLSTATE that a statement ended with; None: the connection is gone."""
    if sqlstate == "57014":
        return RetryableError(
            f"NexaCloud's {where} canceled a statement, probably after {timeout_seconds} s (the"
            " statement timeout)."
        )
    if sqlstate in {"42P01", "42703"}:
        return ConfigError(
            f"NexaCloud's {where} lacks a table or column that the flows read; check the database"
            " that NEXACLOUD_DSN names."
        )
    if sqlstate == "42501":
        return ConfigError(
            f"Role {role!r} may not read a table of NexaCloud's {where}; grant it as in"
            " deployments/nexacloud/readonly_role.sql."
        )
    if sqlstate is None or sqlstate[:2] in _PASSING:
        return RetryableError(f"The connection to NexaCloud's {where} was lost.")
    return FatalError(f"NexaCloud's {where} refused a query (SQLSTATE {sqlstate}).")
