"""Whoever pays by card has one that Odoo can charge; whoever pays by invoice is said to."""

from odoo import fields
from odoo.tools import SQL

from .scope import BILLABLE, PAYS


def without_usable_card(env, scope: SQL) -> dict[str, str]:
    """Return who pays by card and could not be charged, by external id, with a sentence each.

    Who pays by card has a Stripe customer, and is not said to pay by invoice; who has none is the
    matter of another condition.

    Args:
        env: Superuser environment in the service's company; all is written to the database.
        scope: Which accounts, a condition on ``link``.
    """
    query = SQL(
        """
        SELECT link.external_id, token.x_fc_expires_on, provider.state,
               token.provider_ref != link.stripe_customer_id,
               GREATEST(%s, (
                   SELECT max(so.next_invoice_date) FROM sale_order so
                   WHERE so.x_fc_account_link_id = link.id AND %s
               ))
        FROM fusion_billing_account_link link
        LEFT JOIN payment_token token ON token.x_fc_account_link_id = link.id AND token.active
        LEFT JOIN payment_provider provider ON provider.id = token.provider_id
        WHERE %s AND link.pays_by_invoice IS NOT TRUE
            AND COALESCE(link.stripe_customer_id, '') != '' AND %s
        ORDER BY link.external_id
        """,
        fields.Date.today(),
        BILLABLE,
        scope,
        PAYS,
    )
    found = {}
    for account, expires_on, state, is_others, first in env.execute_query(query):
        if expires_on is None:
            found[account] = "Has no card in Odoo, and is not said to pay by invoice."
        elif is_others:
            found[account] = "The card in Odoo belongs to another Stripe customer."
        elif expires_on < first:
            found[account] = f"The card ends on {expires_on}; the first invoice is on {first}."
        elif state != "enabled":
            found[account] = "The payment provider of the card is not enabled in Odoo."
    return found


def give_cards(orders) -> None:
    """Let the orders, out of the shadow by now, be charged by the card of their account."""
    for link, its_orders in orders.grouped("x_fc_account_link_id").items():
        card = not link.pays_by_invoice and link._card()
        if card:
            its_orders.payment_token_id = card
