"""How requests to Odoo travel, and faults on the way as the project's errors: what to do.

What stands in front of Odoo may ask to wait, or point elsewhere.
"""

from __future__ import annotations

import http.client
import time
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, build_opener

import odoorpc.error

from tasks.model.errors import ConfigError, FatalError, FusionError, RetryableError, TooLargeError

_BUSY = 429
#: Waits where a 429 does not say how long; afterwards the fault goes to whoever called.
_WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0)
_LONGEST_WAIT_SECONDS = 120.0
_REFUSALS = ("AccessDenied", "AccessError")


class _NoRedirects(HTTPRedirectHandler):
    """A redirected POST would lose its body on the way and come back as somebody's page."""

    def redirect_request(self, *_request: Any) -> None:
        return None


class _Patient(OpenerDirector):
    """Waits and asks again when it is told that there were too many requests.

    Such a request was not carried out, so that sending it again is safe.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        for wait in (*_WAITS_SECONDS, None):
            try:
                return super().open(*args, **kwargs)
            except HTTPError as error:
                told = retry_after(error.headers)
                seconds = wait if told is None else told
                is_last = wait is None or seconds is None or seconds > _LONGEST_WAIT_SECONDS
                if error.code != _BUSY or is_last:
                    raise
                error.close()
                time.sleep(seconds or 0)
        raise AssertionError("the last try raises or returns")


def patient_opener() -> OpenerDirector:
    """Make the opener of one connection, with cookies of its own."""
    opener = build_opener(HTTPCookieProcessor(), _NoRedirects)
    opener.__class__ = _Patient
    return opener


def retry_after(headers: Message) -> float | None:
    """Read after how many seconds to try again; None: the answer does not say."""
    told = headers.get("Retry-After")
    if told is None:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return None


def server_class(error: odoorpc.error.RPCError) -> str:
    """Name the class of the exception that Odoo raised; "" if it does not say."""
    data = (error.info or {}).get("data") or {}
    return str(data.get("name") or "")


class Translated:
    """Turn whatever odoorpc and urllib raise into this project's errors.

    Odoo's ``debug`` (a server traceback) is never passed on.

    Args:
        what: What was asked, for the message.
        is_known: Whether Odoo answered at this address before: then a page in its place is a
            proxy's, and will pass.
    """

    def __init__(self, what: str, *, is_known: bool = True) -> None:
        self._what = what
        self._is_known = is_known

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: Any, _trace: Any) -> None:
        if error is None or isinstance(error, FusionError):
            return
        translated = self._translate(error)
        if isinstance(error, HTTPError):
            error.close()
        if translated is not None:
            # The original names the same fault with more noise, and can hold arguments.
            raise translated from None

    def _translate(self, error: BaseException) -> FusionError | None:
        what = self._what
        match error:
            case odoorpc.error.RPCError():
                return self._translate_rpc(error)
            case HTTPError():
                return self._translate_http(error)
            case TimeoutError():
                return RetryableError(f"{what}: no answer in time.")
            case URLError():
                return RetryableError(f"{what}: cannot be reached ({error.reason}).")
            case ConnectionError() | http.client.HTTPException():
                return RetryableError(f"{what}: the connection broke off.")
            case ValueError() | KeyError():
                return self._no_odoo(f"{what}: the answer is not Odoo's.")
        return None

    def _translate_http(self, error: HTTPError) -> FusionError:
        what, code = self._what, error.code
        if 300 <= code < 400:
            return ConfigError(
                f"{what}: HTTP {code}, moved to {_place(error.headers.get('Location'))}."
                " Set ODOO_URL to where Odoo itself answers."
            )
        if code == 413:
            return TooLargeError(
                f"{what}: HTTP 413, the request is larger than a server in front of Odoo takes."
                " Have its limit raised (nginx: client_max_body_size 64m), or lower --batch-rows."
            )
        if code in {408, 429} or code >= 500:
            return RetryableError(
                f"{what}: HTTP {code}, Odoo or a server in front of it is busy or away.",
                retry_after(error.headers),
            )
        if code in {401, 403, 407}:
            return ConfigError(
                f"{what}: HTTP {code}, a server in front of Odoo denies access. Ask its"
                " administrator to let this machine in."
            )
        return self._no_odoo(f"{what}: HTTP {code}, no Odoo answers here.")

    def _no_odoo(self, said: str) -> FusionError:
        if self._is_known:
            return RetryableError(f"{said} It did before: a server in front of it?")
        return ConfigError(f"{said} Check ODOO_URL.")

    def _translate_rpc(self, error: odoorpc.error.RPCError) -> FusionError:
        name = server_class(error)
        if name.startswith("psycopg2.") or name.endswith("ConcurrencyError"):
            return RetryableError(f"{self._what}: Odoo's database was busy ({name}).")
        if name.rpartition(".")[2] in _REFUSALS:
            return ConfigError(f"{self._what}: Odoo denies access. {_sentence(error)}")
        if name.startswith("odoo.exceptions."):
            return FatalError(f"{self._what}: {_sentence(error)}")
        return FatalError(f"{self._what}: Odoo failed with {name or 'an unknown error'}.")


def _place(location: str | None) -> str:
    """Say where a redirect leads, without what may be a secret in its query."""
    if not location:
        return "nowhere"
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.hostname}{parts.path}" if parts.hostname else parts.path


def _sentence(error: odoorpc.error.RPCError) -> str:
    return " ".join(str(error.args[0] if error.args else "").split())
