"""Is a message Odoo's? Verified on the bytes that came, before anything reads them.

An app can take this file over as it is.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt


class ForgedError(Exception):
    """The message is not signed by who it should be."""


@dataclass(frozen=True)
class Keys:
    """What Odoo shows of a service's keys.

    Attributes:
        secret: Shared secret, for endpoints that are signed with HMAC; None to take none.
        public_key: PEM, for endpoints that are signed with JWT; None to take none.
    """

    secret: str | None = field(default=None, repr=False)
    public_key: str | None = None


def verify(body: bytes, headers: Mapping[str, str], keys: Keys) -> str:
    """Return the message's unique key, which is the same whenever it comes again.

    The keys that are known decide which signatures are taken, never the message alone.

    Args:
        body: The raw bytes.
        headers: Of the request; names in any case.
        keys: Of this app's service.

    Raises:
        ForgedError: The signature is missing or wrong.
    """
    given = {name.lower(): value for name, value in headers.items()}
    algorithm = given.get("x-lago-signature-algorithm")
    signature = given.get("x-lago-signature", "")
    if algorithm == "hmac" and keys.secret:
        _verify_hmac(body, signature, keys.secret)
    elif algorithm == "jwt" and keys.public_key:
        _verify_jwt(body, signature, keys.public_key)
    else:
        raise ForgedError(f"no key for signatures of {algorithm!r}")
    unique_key = given.get("x-lago-unique-key", "")
    if not unique_key:
        raise ForgedError("the message has no unique key")
    return unique_key


def _verify_hmac(body: bytes, signature: str, secret: str) -> None:
    expected = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    try:
        found = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise ForgedError("the signature is no base64") from None
    if not hmac.compare_digest(found, expected):
        raise ForgedError("the signature does not fit the body")


def _verify_jwt(body: bytes, token: str, public_key: str) -> None:
    try:
        claims = jwt.decode(token, public_key, algorithms=["RS256"])
    except jwt.InvalidTokenError as error:
        raise ForgedError(f"the token is not Odoo's: {error}") from None
    # A genuine token of another message must not vouch for this one.
    if not hmac.compare_digest(str(claims.get("data", "")).encode(), body):
        raise ForgedError("the token is of another message")
