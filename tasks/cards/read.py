"""Read: the accounts from Odoo, and their cards from Stripe or from an exported list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.cards.listed import parse_list
from tasks.clients.odoo import cards as odoo_cards
from tasks.model.cards import Account, Holder
from tasks.model.errors import ConfigError, FatalError, RetryableError
from tasks.run.retries import io_task
from tasks.run.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class Holders:
    """Stripe customers by their id.

    ``stopped`` says why some could not be asked for (None: all were); ``lost`` has a sentence for
    each line of a list that names no customer.
    """

    found: dict[str, Holder]
    stopped: str | None = None
    lost: tuple[str, ...] = ()


def require_odoo(settings: Settings, service: str) -> dict[str, Any]:
    """Make sure that Odoo is there, this user may load, and the service is known.

    Raises:
        ConfigError: With what to do about it.
    """
    about = settings.odoo().about()
    if not about["can_import"]:
        raise ConfigError(
            f"The Odoo user {settings.odoo_user!r} may not load cards. Add it to the group"
            " Centralized Billing / Importer."
        )
    codes = sorted(known["code"] for known in about["services"])
    if service not in codes:
        raise ConfigError(f"Odoo knows no service {service!r} (it knows: {', '.join(codes)}).")
    return about


@io_task("read-accounts")
def read_accounts(service: str) -> tuple[Account, ...]:
    """Read the accounts of a service."""
    return tuple(odoo_cards.accounts(load_settings().odoo(), service))


@io_task("ask-stripe")
def ask_stripe(customers: Sequence[str]) -> dict[str, Holder]:
    """Ask Stripe for some customers; asking twice does no harm."""
    stripe = load_settings().stripe()
    return {customer: stripe.holder(customer) for customer in customers}


def read_stripe(customers: Sequence[str], *, batch_customers: int, workers: int) -> Holders:
    """Ask Stripe for all customers, a few calls at a time, until it does not answer any more.

    Raises:
        ConfigError: Stripe refuses the key.
    """
    load_settings().stripe()
    found: dict[str, Holder] = {}
    parts = [list(part) for part in _batched(customers, batch_customers)]
    for round_of in _batched(parts, workers):
        futures = [ask_stripe.submit(part) for part in round_of]
        answers = [future.result(raise_on_failure=False) for future in futures]
        faults = [answer for answer in answers if isinstance(answer, BaseException)]
        for answer in answers:
            if isinstance(answer, dict):
                found |= answer
        for fault in faults:
            if not isinstance(fault, (RetryableError, FatalError)):
                raise fault
        if faults:
            return Holders(found, str(faults[0]))
    return Holders(found)


@io_task("read-list")
def read_list(file: str) -> Holders:
    """Read an exported list of cards.

    Raises:
        ConfigError: It is not there, or no such list.
    """
    if not file:
        raise ConfigError("Name the exported list of cards: --file cards.csv.")
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"The list {file!r} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise ConfigError(f"The list {file!r} is not UTF-8. Export it as CSV UTF-8.") from None
    found, lost = parse_list(text.splitlines(keepends=True))
    return Holders(found, None, lost)


def _batched(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[place : place + size] for place in range(0, len(items), size)]
