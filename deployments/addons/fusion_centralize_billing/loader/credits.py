"""What the old side owes to customers, kept with their accounts until the cutover posts it."""

from odoo.fields import Command

from . import values
from .currencies import Currencies
from .differences import differences
from .row import InvalidRowError


def read_credits(env, data: dict, currencies: Currencies) -> dict[str, dict]:
    """Return the values of a customer's opening credits by their ids.

    Raises:
        InvalidRowError: A value is wrong, or an id is there twice.
    """
    kinds = dict(env["fusion.billing.opening.credit"]._fields["kind"].selection)
    found = {}
    for credit in data.get("opening_credits", ()):
        key = values.required_text(credit, "external_id")
        if key in found or credit["kind"] not in kinds:
            raise InvalidRowError(
                "invalid_value", f"An opening credit is there once, as one of {', '.join(kinds)}."
            )
        amount = values.amount(credit, "amount")
        currency = currencies.get(credit["currency"])
        if not amount or currency.round(amount) != amount:
            raise InvalidRowError(
                "invalid_value", "An opening credit is above 0 and has no parts of a cent."
            )
        found[key] = {
            "external_id": key,
            "kind": credit["kind"],
            "amount": amount,
            "currency_id": currency.id,
            "expires_on": values.optional_day(credit, "expires_on"),
        }
    return found


def credit_commands(link, wanted: dict[str, dict]) -> list:
    """Return what to do to a link's credits so that they are as wanted; posted ones stay."""
    there = {credit.external_id: credit for credit in link.credit_ids}
    open_ones = {key: credit for key, credit in there.items() if not credit.move_id}
    commands = [Command.delete(credit.id) for key, credit in open_ones.items() if key not in wanted]
    for key, target in wanted.items():
        if key not in there:
            commands.append(Command.create(target))
        elif key in open_ones and (changed := differences(open_ones[key], target)):
            commands.append(Command.update(open_ones[key].id, changed))
    return commands
