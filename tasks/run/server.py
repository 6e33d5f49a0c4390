"""Prefect's server: is it there, and what to say when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import PrefectException, PrefectHTTPStatusError
from prefect.settings import get_current_settings

from tasks.model.errors import ConfigError

_REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


def require_server() -> str | None:
    """Ask the server that the settings name how it is; without one, runs start their own.

    Returns:
        Its address; None where the settings name none.

    Raises:
        ConfigError: It cannot be reached, or is not well.
    """
    url = get_current_settings().api.url
    if url is None:
        return None
    with get_client(sync_client=True) as client:
        trouble = client.api_healthcheck()
        if trouble is None and _is_shut(client):
            raise ConfigError(
                f"Prefect's server at {url} asks for a login: set PREFECT_API_AUTH_STRING to its"
                " user:password (of Prefect Cloud, PREFECT_API_KEY)."
            )
    if trouble is not None:
        raise ConfigError(
            f"Prefect's server at {url} does not answer as it should ({type(trouble).__name__})."
            " Start it, correct PREFECT_API_URL, or unset it to run without a server."
        )
    return str(url)


def _is_shut(client: SyncPrefectClient) -> bool:
    """Say whether the server refuses this client; how well it is it tells everybody."""
    try:
        client.api_version()
    except (httpx.HTTPStatusError, PrefectHTTPStatusError) as error:
        return error.response.status_code in _REFUSED
    return False


@contextmanager
def server_at_hand() -> Iterator[None]:
    """Say in a sentence that the server went away in the middle.

    Raises:
        ConfigError: It did.
    """
    try:
        yield
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        raise _away(error) from None
    except (PrefectException, RuntimeError) as error:
        if "API" not in str(error):
            raise
        raise _away(error) from None


def _away(error: Exception) -> ConfigError:
    return ConfigError(
        f"Prefect's server went away during the run ({type(error).__name__}). What was loaded is in"
        " Odoo; once the server is back, run it again."
    )
