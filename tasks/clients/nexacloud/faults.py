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
        r"root certificate file .* does not exist",
        "NexaCloud's {where} is to be verified (sslmode in NEXACLOUD_DSN), but the certificate of"
        " its authority is not here: save it as ~/.postgresql/root.crt or name its file with"
        " sslrootcert=, or sslrootcert=system for a public authority.",
    ),
    (
        r"certificate has expired",
        "The TLS certificate of NexaCloud's {where} has expired: its administrator must renew it.",
    ),
    (
        r"certificate verify failed|self.signed certificate|unable to get local issuer",
        "The TLS certificate of NexaCloud's {where} is not from the authority that is trusted here"
        " (sslrootcert, or ~/.postgresql/root.crt): get the right authority's certificate from its"
        " administrator. If nothing changed on either side, somebody may be in between.",
    ),
    (
        r"server certificate for .* does not match host name",
        "The TLS certificate of NexaCloud's {where} is made out to another host: write the host's"
        " name in NEXACLOUD_DSN as the certificate has it (hostaddr= may hold its address).",
    ),
    (
        r"server does not support SSL",
        "NexaCloud's {where} offers no TLS, which sslmode in NEXACLOUD_DSN asks for: its"
        " administrator must switch it on.",
    ),
    (
        r"pg_hba",
        "NexaCloud's {where} does not let role {role!r} in from this machine or without TLS"
        " (pg_hba.conf): ask its administrator to let it in; where it asks for TLS, add"
        " ?sslmode=verify-full to NEXACLOUD_DSN.",
    ),
    (
        r"SSL",
        "TLS with NexaCloud's {where} did not come about; compare sslmode, sslrootcert and the"
        " protocol's version in NEXACLOUD_DSN with the server's, and see the server's log.",
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


#: What to do about the SQLSTATEs that a read can end with and a later try may not meet.
_LATER = {
    "40001": (
        "a read was canceled because the database is a replica that had to catch up. Run at a"
        " quieter hour, read from the primary, or have hot_standby_feedback or a longer"
        " max_standby_streaming_delay set"
    ),
    "40P01": "a read was in a deadlock with another session",
    "53100": "the server's disk is full. Its administrator must make room",
    "53200": "the server is out of memory. Lower the load, or run at a quieter hour",
    "53300": "the server takes no more connections. Raise max_connections, or run later",
    "55P03": "a table was locked by another session (a migration?). Run it again once that is over",
    "57P01": "its administrator ended the session",
    "57P02": "the server crashed and is starting again",
    "57P03": "the server is starting or stopping",
    "57P04": "the database was dropped",
    "57P05": "the session was idle too long for the server's settings",
}
#: Those that no later try will mend.
_FATAL = {
    "22021": (
        "it holds text in another encoding than its own. Find it with pg_dump, which stops at the"
        " same row, and correct it there"
    ),
    "22P05": "it holds a character that UTF-8 does not have. Correct it there",
    "XX001": "a page of a table is damaged. Restore it from a backup",
    "XX002": "an index is damaged. REINDEX it",
    "42883": (
        "two of its columns that belong together have types that do not compare (an id as text and"
        " as uuid?). Compare its schema with deployments/nexacloud/schema.sql"
    ),
    "22P02": (
        "a column has a type of its own that lacks a value which the flows ask for. Compare its"
        " schema with deployments/nexacloud/schema.sql"
    ),
    "25006": "the session may only read, and a function behind a view tried to write",
}


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
            f"Role {role!r} may not read all of a table of NexaCloud's {where}: it lacks the"
            " right, or row level security hides rows from it (`doctor` names the policy); grant"
            " it as in deployments/nexacloud/readonly_role.sql."
        )
    if sqlstate in _LATER:
        return RetryableError(f"NexaCloud's {where}: {_LATER[sqlstate]}.")
    if sqlstate in _FATAL:
        return FatalError(f"NexaCloud's {where}: {_FATAL[sqlstate]}.")
    if sqlstate is None or sqlstate[:2] in _PASSING:
        return RetryableError(f"The connection to NexaCloud's {where} was lost.")
    return FatalError(
        f"NexaCloud's {where} refused a query (SQLSTATE {sqlstate}); its log says why."
    )
