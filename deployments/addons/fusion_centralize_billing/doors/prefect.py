"""Prefect's REST API, as far as Odoo asks it: look a deployment up, start a run, read a run.

The address is set by an administrator, so that private ones are fine. Redirects are not followed
and no proxy is used: the login goes to the address that was set and nowhere else.
"""

import base64
import http.client
import json
import ssl
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

_WAIT_SECONDS = 10
_ANSWER_SECONDS = 20
_MOST_BYTES = 1024 * 1024
_UNPRINTABLE = 32


class DoorError(Exception):
    """Prefect did not do what was asked; the text says why, in words for people."""


class NotFoundError(DoorError):
    """Prefect does not have what was asked for."""


class UnansweredError(DoorError):
    """Prefect was asked and gave no answer of its own: it may have done it."""


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Prefect:
    """A Prefect server: the address of its pages, and the login of its API ("" for none)."""

    url: str
    login: str = field(default="", repr=False)

    def deployment(self, flow: str, name: str) -> dict[str, Any]:
        """Return a deployment.

        Raises:
            NotFoundError: There is none of this name.
            DoorError: Prefect cannot be asked.
        """
        return self._ask("GET", f"deployments/name/{quote(flow, '')}/{quote(name, '')}")

    def start(self, deployment: str, parameters: dict[str, Any], key: str) -> dict[str, Any]:
        """Start a run of a deployment and return it; the same key again is the same run.

        Raises:
            DoorError: Prefect cannot be asked, or refuses.
        """
        asked = {
            "parameters": parameters,
            "idempotency_key": key,
            "tags": ["odoo"],
            "state": {"type": "SCHEDULED", "message": "Asked for in Odoo."},
        }
        return self._ask("POST", f"deployments/{quote(deployment, '')}/create_flow_run", asked)

    def flow_run(self, key: str) -> dict[str, Any]:
        """Return a run.

        Raises:
            NotFoundError: Prefect does not have it any more.
            DoorError: Prefect cannot be asked.
        """
        return self._ask("GET", f"flow_runs/{quote(key, '')}")

    def find(self, key: str) -> dict[str, Any] | None:
        """Return the run that was started with a key, or None; nothing is started.

        Raises:
            DoorError: Prefect cannot be asked.
        """
        wanted = {"flow_runs": {"idempotency_key": {"any_": [key]}}, "limit": 1}
        found = self._ask("POST", "flow_runs/filter", wanted, kind=list)
        return dict(found[0]) if found else None

    def page_of(self, key: str) -> str:
        """Return where people look at a run."""
        return f"{self.url}/runs/flow-run/{key}"

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, kind: type = dict
    ) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.login:
            headers["Authorization"] = f"Basic {base64.b64encode(self.login.encode()).decode()}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/api/{path}", data, headers, method=method)  # noqa: S310
        secure = HTTPSHandler(context=ssl.create_default_context())
        opener = build_opener(ProxyHandler({}), _NoRedirects(), secure)
        try:
            with opener.open(request, timeout=_WAIT_SECONDS) as answer:
                found = json.loads(_read(answer))
            if not isinstance(found, kind):
                raise ValueError("of another kind")
            return found
        except HTTPError as error:
            with error:
                raise _refusal(error.code) from None
        except TimeoutError:
            raise UnansweredError(f"Prefect at {self.url} did not answer in time.") from None
        except URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise UnansweredError(f"Prefect at {self.url} did not answer in time.") from None
            if isinstance(error.reason, ssl.SSLError):
                raise DoorError(
                    f"The certificate of Prefect at {self.url} is not trusted."
                ) from None
            raise DoorError(f"Prefect at {self.url} is not reached: is it up?") from None
        except (OSError, http.client.HTTPException):
            raise UnansweredError(f"Prefect at {self.url} broke off its answer.") from None
        except ValueError:
            raise UnansweredError(
                f"What answers at {self.url} is no Prefect: check the address."
            ) from None


def read_address(text: object) -> str:
    """Return an address without the ``/api`` that many write behind it.

    >>> read_address("http://prefect.internal:4200/api/")
    'http://prefect.internal:4200'

    Raises:
        DoorError: It is none that Prefect can be asked at.
    """
    written = str(text or "").strip()
    wrong = DoorError(
        "The address of Prefect is like https://prefect.example.com or http://10.0.0.5:4200: "
        "http or https, a host, nothing behind it but a path."
    )
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError:
        raise wrong from None
    odd = any(ord(sign) <= _UNPRINTABLE or sign == "\\" for sign in written)
    if odd or parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise wrong
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise wrong
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/api')}"


def _read(answer: Any) -> bytes:
    """Read an answer, of some size and for some time at most."""
    until, parts, size = time.monotonic() + _ANSWER_SECONDS, [], 0
    while part := answer.read1(_MOST_BYTES):
        parts.append(part)
        size += len(part)
        if size > _MOST_BYTES:
            raise ValueError("too large")
        if time.monotonic() > until:
            raise TimeoutError
    return b"".join(parts)


def _refusal(status: int) -> DoorError:
    if status in (401, 403):
        return DoorError(
            f"Prefect refuses the login (HTTP {status}): an administrator sets it anew in "
            "Settings > Centralized Billing."
        )
    if status == http.client.NOT_FOUND:
        return NotFoundError("Prefect does not have it (HTTP 404).")
    if 300 <= status < 400:
        return DoorError(
            f"Prefect's address redirects (HTTP {status}), which is not followed: set the address "
            "that it leads to."
        )
    if status >= http.client.INTERNAL_SERVER_ERROR:
        return UnansweredError(f"Prefect has a fault of its own (HTTP {status}): try again later.")
    return DoorError(f"Prefect refuses it (HTTP {status}): the deployment is of another version.")
