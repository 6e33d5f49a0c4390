"""Signatures of messages, as Lago's: HMAC-SHA256 with a shared secret, or a token of RS256."""

import base64
import hashlib
import hmac
import json
import secrets

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

HMAC, JWT = "hmac", "jwt"

_KEY_BITS = 2048


def new_secret() -> str:
    """Return a secret for HMAC, 32 random bytes as text."""
    return secrets.token_urlsafe(32)


def new_key_pair() -> tuple[str, str]:
    """Return a private and its public RSA key, both as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def load_private_key(pem: str) -> rsa.RSAPrivateKey:
    """Read a private key once for many signatures.

    Raises:
        TypeError: It is no key of RSA.
    """
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("Messages are signed with keys of RSA.")
    return key


def hmac_signature(body: bytes, secret: str) -> str:
    """Return base64 of the HMAC-SHA256 of the body.

    >>> hmac_signature(b"{}", "secret")
    'dzJZAsrKgS3CWXM6rNBGtzgXNyx3e42VtAJkdHRRbhM='
    """
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def jwt_signature(body: bytes, private_key: rsa.RSAPrivateKey, issuer: str) -> str:
    """Return a token of RS256 whose ``data`` is the body and ``iss`` the issuer.

    It has no expiry: a message may be sent again days later.
    """
    claims = {"data": body.decode(), "iss": issuer}
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    signed = ".".join(_url_safe(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    signature = private_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_url_safe(signature)}"


def _url_safe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
