"""How requests to Odoo travel: what stands in front of it may ask to wait, or point elsewhere."""

from __future__ import annotations

import time
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, build_opener

_BUSY = 429
#: Waits where a 429 does not say how long; afterwards the fault goes to whoever called.
_WAITS_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0)
_LONGEST_WAIT_SECONDS = 120.0


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
