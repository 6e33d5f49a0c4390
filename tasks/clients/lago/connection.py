"""The door to Lago: its vendor's client sends and retries, we read the answers ourselves.

The client's models lose fields, cut numbers and refuse legal answers (null group values), and
it calls every unreadable error a 500. So its request layer is used (addresses, key, waiting
when Lago says 429), and the JSON is read here, numbers exact.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from lago_python_client.client import Client
from lago_python_client.exceptions import LagoRateLimitError
from lago_python_client.services.request import make_headers, make_url, send_get_request

from tasks.clients.lago import parsing as parse
from tasks.clients.lago import parsing_billing as billing
from tasks.clients.lago import values as val
from tasks.clients.lago.pages import Kept, read_list
from tasks.model.errors import ConfigError, FatalError, RetryableError
from tasks.model.lago import (
    LagoCoupon,
    LagoCustomer,
    LagoEntity,
    LagoMetric,
    LagoPlan,
    LagoSubscription,
    LagoTax,
)
from tasks.model.lago_billed import LagoCreditNote, LagoFee, LagoInvoice, LagoWallet
from tasks.model.spool import RowList

#: Lago sets no limit; each request makes a connection of its own, so few are better.
PAGE_ROWS = 500
_OK = 200
_STATUSES = ("active", "pending", "terminated", "canceled", "incomplete")
#: So many questions that each customer needs are asked at once.
_AT_ONCE = 4
#: What of a plan Lago tells in the plan's own answer alone.
_FIXED = "fixed_charges"
#: What of a wallet says whose it is.
_OWNER = "external_customer_id"
Row = TypeVar("Row")
Query = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LagoAccess:
    """Where a Lago is, without ``/api/v1``, and the key to call it with."""

    url: str
    api_key: str = field(repr=False)
    timeout_seconds: float = 30.0
    page_rows: int = PAGE_ROWS


class Lago:
    """Reads Lago; every list is complete or an error. ``notes`` say what was got over.

    Raises:
        ConfigError: The address is not one of a Lago, or it refuses the key.
        RetryableError: Lago cannot be reached now, fails, or does not stand still.
        FatalError: Lago is throttled for longer than its client waits, or answers otherwise
            than a Lago does.
    """

    def __init__(self, access: LagoAccess) -> None:
        self._access = access
        # Without the last slash the client would lose a path.
        self._url = _checked(access.url).rstrip("/") + "/"
        self._client = Client(api_key=access.api_key, api_url=self._url)
        # Each request would read the certificates anew: most of what a request costs here.
        self._certificates = httpx.create_ssl_context()
        self.notes: list[str] = []

    def version(self) -> str:
        """Ask for Lago's version: how it rates usage has changed over time."""
        return str(self._get(f"{self._url}health").get("version") or "")

    def customers(self) -> Sequence[LagoCustomer]:
        """Read all customers."""
        return self._all("customers", parse.customer, kept=partial(RowList, LagoCustomer))

    def metrics(self) -> Sequence[LagoMetric]:
        """Read all billable metrics."""
        return self._all("billable_metrics", parse.metric)

    def plans(self) -> Iterator[LagoPlan]:
        """Read all plans, without those that belong to one subscription alone.

        Lago's list leaves out fixed charges: of a plan without them its own answer is asked for.
        """
        for row in self._all("plans", dict):
            yield parse.plan(row if _FIXED in row else self._whole_plan(row))

    def _whole_plan(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return {_FIXED: (), **self._one("plans", str(row.get("code")))["plan"]}
        except _NotThereError:
            # Listed, and not shown: what it costs is not known.
            return {"lago_id": row["lago_id"], "code": row.get("code")}

    def taxes(self) -> Sequence[LagoTax]:
        """Read all taxes; none of a Lago that has no such list."""
        return self._if_there("taxes", parse.tax)

    def entities(self) -> tuple[LagoEntity, ...]:
        """Read the billing entities, which Lago lists whole, with their taxes."""
        try:
            listed = self._ask(("billing_entities",), {})["billing_entities"]
            return tuple(
                parse.entity(self._one("billing_entities", row["code"])["billing_entity"])
                for row in listed
            )
        except _NoSuchListError:
            return ()

    def coupons(self) -> tuple[LagoCoupon, ...]:
        """Read the coupons that customers have, each with the limits of its coupon."""
        limits = {limit[0]: limit[1:] for limit in self._if_there("coupons", parse.coupon_limits)}
        made = []
        for coupon_id, coupon in self._if_there("applied_coupons", parse.applied_coupon):
            plans, metrics, unknown = limits.get(coupon_id, (None, None, ()))
            fields = (*coupon.unknown, *unknown)
            made.append(replace(coupon, plans=plans, metrics=metrics, unknown=fields))
        return tuple(made)

    def wallets(self, customers: Iterable[str]) -> tuple[LagoWallet, ...]:
        """Read the wallets of customers, with what is left of paid and of granted credits.

        Lago's document wants to know whose; where it does not insist, one list has them all.
        """
        names = list(customers)
        rows: list[Mapping[str, Any]]
        try:
            listed, asked = list(self._if_there("wallets", dict)), {*names}
            if not all(val.text(row, _OWNER) for row in listed):
                raise _RefusedError("Lago does not say whose a wallet is; each customer's says it.")
            rows = [row for row in listed if row[_OWNER] in asked]
        except (_NotThereError, _RefusedError):
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                rows = [row for theirs in pool.map(self._wallets_of, names) for row in theirs]
        return tuple(billing.wallet(row, self._movements(row)) for row in rows)

    def _wallets_of(self, customer: str) -> list[Mapping[str, Any]]:
        try:
            theirs = self._all("wallets", dict, {_OWNER: customer})
            return [{**row, _OWNER: customer} for row in theirs]
        except _NotThereError:
            # They were deleted since they were listed.
            return []

    def _movements(self, wallet: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        """Read what came and went; nothing is left of a wallet that was closed."""
        if wallet.get("status") == "terminated":
            return ()
        key = quote(wallet["lago_id"], safe="")
        return self._all("wallet_transactions", dict, below=("wallets", key))

    def subscriptions(self) -> Sequence[LagoSubscription]:
        """Read all subscriptions, also those that ended or wait for a first payment."""
        # Without the list Lago gives the active ones, and it drops a plain `status`. One that does
        # not know a status in it gives all.
        query = {"status[]": list(_STATUSES)}
        kept = partial(RowList, LagoSubscription)
        return self._all("subscriptions", parse.subscription, query, kept=kept)

    def own_plan_of(self, external_id: str, listed: Container[str]) -> LagoPlan | None:
        """Read the plan that a live subscription has for itself alone; no list has it.

        None: it has none, or Lago does not show its plan. A subscription that Lago lists and does
        not show by itself has a plan that cannot be read, because nobody knows its prices.

        Args:
            external_id: The subscription's.
            listed: Lago ids of the plans that are in lists.
        """
        try:
            found = self._one("subscriptions", external_id)["subscription"].get("plan")
        except _NotThereError:
            return parse.plan({"lago_id": external_id})
        if not found or found["lago_id"] in listed:
            return None
        if _FIXED not in found:
            below = "subscriptions", quote(external_id, safe="")
            found = {**found, _FIXED: list(self._if_there(_FIXED, dict, below))}
        return parse.plan(found)

    def invoices(self, **filters: Any) -> Sequence[LagoInvoice]:
        """Read invoices of every status; filters are Lago's own, like ``issuing_date_from``."""
        return self._all("invoices", billing.invoice, filters, kept=partial(RowList, LagoInvoice))

    def fees(self, **filters: Any) -> Sequence[LagoFee]:
        """Read fees, also those on no invoice."""
        return self._all("fees", billing.fee, filters, kept=partial(RowList, LagoFee))

    def credit_notes(self) -> Sequence[LagoCreditNote]:
        """Read all credit notes."""
        return self._all("credit_notes", billing.credit_note)

    def invoice(self, lago_id: str) -> tuple[LagoInvoice, tuple[LagoFee, ...]] | None:
        """Read one invoice with its fees in one answer; None if Lago does not show it."""
        try:
            body = self._one("invoices", lago_id)["invoice"]
        except _NotThereError:
            return None
        return billing.invoice(body), tuple(billing.fee(fee) for fee in body.get("fees") or ())

    def _all(
        self,
        resource: str,
        read: Callable[[Mapping[str, Any]], Row],
        query: Query | None = None,
        below: tuple[str, ...] = (),
        kept: Kept[Row] = list,
    ) -> Sequence[Row]:
        def get_page(number: int) -> Any:
            paging = {"page": number, "per_page": self._access.page_rows}
            return self._ask((*below, resource), {**(query or {}), **paging})

        listing = read_list(resource, get_page, read, kept=kept)
        self.notes += listing.notes
        return listing.rows

    def _if_there(
        self,
        resource: str,
        read: Callable[[Mapping[str, Any]], Row],
        below: tuple[str, ...] = (),
    ) -> Sequence[Row]:
        """Read a list that older Lagos do not have."""
        try:
            return self._all(resource, read, below=below)
        except _NoSuchListError:
            self.notes.append(f"this Lago has no list of {resource.replace('_', ' ')}")
            return ()

    def _one(self, resource: str, key: str) -> Any:
        # The client puts ids into the path as they are: "/" or "?" would lead elsewhere.
        return self._ask((resource, quote(key, safe="")), {})

    def _ask(self, path: tuple[str, ...], query: Query) -> Any:
        url = make_url(origin=self._client.base_api_url, path_parts=path, query_pairs=dict(query))
        return self._get(url)

    def _get(self, url: str) -> Any:
        what = f"Lago ({urlsplit(url).path})"
        try:
            response = send_get_request(
                url,
                headers=make_headers(api_key=self._access.api_key),
                timeout=httpx.Timeout(self._access.timeout_seconds),
                verify=self._certificates,
                rate_limit_retry_config=self._client.rate_limit_retry_config,
            )
        except LagoRateLimitError:
            raise FatalError(
                f"{what} still says 429 (too many requests) after its client waited and tried"
                " again. Run it later, or ask for a higher limit."
            ) from None
        except httpx.TimeoutException:
            raise RetryableError(f"{what}: no answer in time.") from None
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise ConfigError(
                f"{what} cannot be asked: check LAGO_API_URL and LAGO_API_KEY."
            ) from None
        except httpx.HTTPError as error:
            raise RetryableError(f"{what}: {type(error).__name__}, the answer broke off.") from None
        return _content(what, response)


class _NoSuchListError(ConfigError):
    """What answers is no Lago, or one that does not have this list yet."""


class _RefusedError(FatalError):
    """Lago does not answer this question."""


class _NotThereError(FatalError):
    """Lago does not have, or does not show, what was asked for."""


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "/api/v1" in parts.path:
        raise ConfigError(
            f"LAGO_API_URL {url!r} is not like https://api.getlago.com (without /api/v1)."
        )
    return url


def _content(what: str, response: httpx.Response) -> Any:
    """Read an answer's JSON, or say by its real status what is wrong."""
    status = response.status_code
    if status >= 500 or status == 408:
        raise RetryableError(f"{what} failed with HTTP {status}.")
    if status == 401:
        raise ConfigError(f"{what} refused the key. Check LAGO_API_KEY.")
    body = _json(response)
    if status == _OK and body is not None:
        return body
    code = body.get("code") if isinstance(body, dict) else None
    if status == 403:
        raise ConfigError(f"{what} denies access ({code or 'forbidden'}): give the key its rights.")
    if status == 404 and code == "resource_not_found":
        raise _NoSuchListError(f"{what} is not known there. Check LAGO_API_URL and its version.")
    if status == 404 and code:
        raise _NotThereError(f"{what}: {code}.")
    if status == 422:
        raise _RefusedError(f"{what} refused the question: {code or 'validation_errors'}.")
    if status == _OK and "html" not in response.headers.get("content-type", ""):
        raise RetryableError(f"{what}: the answer is cut short.")
    raise ConfigError(f"{what} is not answered by a Lago (HTTP {status}). Check LAGO_API_URL.")


def _json(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content, parse_float=Decimal)
    except ValueError:
        return None
