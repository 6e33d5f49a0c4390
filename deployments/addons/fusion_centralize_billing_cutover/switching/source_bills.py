"""What the old side bills now, against what Odoo would bill: who would lose a bill is kept back."""

from collections.abc import Iterator, Mapping

from odoo import _
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import SOURCE_ID

from .judging import Reason
from .scope import BILLABLE

Billed = Mapping[str, Mapping[str, str]]
_LOADED = "its order in Odoo was deleted, or never came"


def read_billed(values: object) -> dict[str, dict[str, str]] | None:
    """Return what the old side bills: by account and subscription why it is not carried, or "".

    None: nobody has asked it.

    Raises:
        UserError: It is no such object.
    """
    if values is None:
        return None
    good = isinstance(values, dict) and all(
        isinstance(account, str)
        and isinstance(held, dict)
        and all(isinstance(key, str) and isinstance(why, str) for key, why in held.items())
        for account, held in values.items()
    )
    if not good:
        raise UserError(
            _("What the old side bills is an object: by account and subscription, a sentence.")
        )
    return {account: dict(held) for account, held in values.items()}


def not_carried(env, service, billed: Billed, links: SQL) -> Iterator[tuple[str, Reason]]:
    """Yield who would be billed otherwise than at the old side after the switch, and why.

    Args:
        env: Superuser environment in the service's company; all is written to the database.
        service: The ``fusion.billing.service``.
        billed: As ``read_billed`` gives it.
        links: Condition on the accounts that are looked at, ``link``.
    """
    orders = _orders(env, service, billed)
    for account, subscriptions in billed.items():
        for key, why in subscriptions.items():
            if why:
                sentence = f"The old side bills {key}, which is not carried: {why}"
                yield account, Reason("kept_out", "what was kept out", sentence)
            elif missing := _missing(account, orders.get(key)):
                sentence = f"The old side bills {key}, and Odoo would not: {missing}."
                yield account, Reason("not_billed_by_odoo", "an order in Odoo", sentence)
    query = SQL(
        """
        SELECT link.external_id, %s FROM sale_order so
        JOIN fusion_billing_account_link link ON link.id = so.x_fc_account_link_id
        WHERE %s AND %s AND so.x_fc_shadow IS TRUE ORDER BY so.id
        """,
        SOURCE_ID,
        links,
        BILLABLE,
    )
    for account, key in env.execute_query(query):
        if key not in billed.get(account, ()):
            sentence = f"The old side does not bill {key} now: import again, or cancel its order."
            yield account, Reason("not_billed_there", "another import", sentence)


def _orders(env, service, billed: Billed) -> dict[str, list[tuple]]:
    """Return account, state and whether it can be billed, of every order of a subscription."""
    keys = [key for subscriptions in billed.values() for key in subscriptions]
    query = SQL(
        """
        SELECT %(key)s, link.external_id, so.state, %(billable)s
        FROM sale_order so
        LEFT JOIN fusion_billing_account_link link ON link.id = so.x_fc_account_link_id
        WHERE so.x_fc_service_id = %(service)s AND %(key)s = ANY(%(keys)s) ORDER BY so.id
        """,
        key=SOURCE_ID,
        billable=BILLABLE,
        service=service.id,
        keys=keys,
    )
    found: dict[str, list[tuple]] = {}
    for key, *order in env.execute_query(query):
        found.setdefault(key, []).append(tuple(order))
    return found


def _missing(account: str, orders: list[tuple] | None) -> str:
    """Say why a subscription is not billed by Odoo; "" if it is."""
    if not orders:
        return _LOADED
    ours = [(state, billable) for owner, state, billable in orders if owner == account]
    if not ours:
        return "its order in Odoo is another account's"
    if any(billable for _state, billable in ours):
        return ""
    if any(state == "cancel" for state, _billable in ours):
        return "its order in Odoo was cancelled"
    return "its order in Odoo has ended"
