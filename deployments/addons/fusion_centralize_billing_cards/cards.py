"""Cards into Odoo: a payment token for each account, linked to no order before the switch."""

import re
from calendar import monthrange
from datetime import date

from odoo import _
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.loader.arguments import is_text
from odoo.addons.fusion_centralize_billing.loader.differences import differences
from odoo.addons.fusion_centralize_billing.loader.halving import load_in_halves
from odoo.addons.fusion_centralize_billing.loader.row import CREATED, UNCHANGED, UPDATED, Row

CARD = "card"
MAX_ROWS = 1_000
KEYS = {"payment_method", "brand", "last4", "exp_month", "exp_year"}
_METHOD = re.compile(r"(pm|card|src)_\w{1,250}", re.ASCII)
_LAST4 = re.compile(r"[0-9]{4}", re.ASCII)
_BRAND = re.compile(r"[a-z_]{0,40}", re.ASCII)


def load_cards(env, service, rows: list[dict]) -> list[Row]:
    """Load the cards of accounts and return a row with an outcome for each.

    A row without a card takes away the one that the account has. Who is live is left alone:
    their card is Odoo's own matter.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        rows: ``account``, ``stripe_customer`` and ``card`` (None: there is no usable one).
    """
    provider = find_provider(env, service.company_id)
    links = env["fusion.billing.account.link"]
    by_account = links._by_account(service, [row["account"] for row in rows])
    loaded = []
    for data in rows:
        row = Row("card", data["account"], data, "")
        row.work["link"] = by_account.get(data["account"])
        _refuse(row)
        loaded.append(row)
    todo = [row for row in loaded if not row.outcome]
    load_in_halves(env, todo, lambda part: _write(env, provider, part))
    return loaded


def find_provider(env, company):
    """Return the company's Stripe, an enabled one first.

    Raises:
        UserError: It has none.
    """
    providers = env["payment.provider"].search(
        [("code", "=", "stripe"), ("company_id", "parent_of", company.id)]
    )
    if not providers:
        raise UserError(
            env._("%s has no payment provider Stripe: add one in Accounting.", company.name)
        )
    order = ("enabled", "test", "disabled")
    return providers.sorted(lambda one: (order.index(one.state), one.id))[0]


def _refuse(row: Row) -> None:
    link, card = row.work["link"], row.data.get("card")
    if not link:
        row.fail("unknown_account", "No account of the service has this id.")
    elif link.billing_state == "live":
        row.done(UNCHANGED, link._card().id)
        row.note("live", "Odoo bills this account: its card is looked after in Odoo.")
    elif card is not None and (link.stripe_customer_id or "") != row.data.get("stripe_customer"):
        row.fail("other_customer", "The account has another Stripe customer by now: run it again.")
    elif card is not None and (fault := fault_of(card)):
        row.fail("invalid_value", fault)


def _write(env, provider, rows: list[Row]) -> None:
    tokens = env["payment.token"]
    new = []
    for row in rows:
        link, card = row.work["link"], row.data.get("card")
        held = link._card()
        if card is None:
            _take_away(row, held)
            continue
        values = _values(env, provider, link, card)
        kept = held if held.stripe_payment_method == card["payment_method"] else tokens
        if kept:
            if changes := differences(kept, values):
                kept.write(changes)
            row.done(UPDATED if changes else UNCHANGED, kept.id)
        else:
            held.active = False
            new.append((row, values, bool(held)))
    # Who gets another card has lost the first one by now.
    env.flush_all()
    made = tokens.create([values for _row, values, _had in new])
    for (row, _values_of_it, had), token in zip(new, made, strict=True):
        row.done(UPDATED if had else CREATED, token.id)
    env.flush_all()


def _take_away(row: Row, held) -> None:
    held.active = False
    row.done(UPDATED if held else UNCHANGED, None)
    if held:
        row.note("removed", "The card that Odoo had is no longer one to charge.")


def _values(env, provider, link, card: dict) -> dict:
    return {
        "provider_id": provider.id,
        "payment_method_id": _method(env, card["brand"]).id,
        "partner_id": link.partner_id.id,
        "provider_ref": link.stripe_customer_id,
        "stripe_payment_method": card["payment_method"],
        "payment_details": card["last4"],
        "x_fc_account_link_id": link.id,
        "x_fc_expires_on": last_day(card),
    }


def _method(env, brand: str):
    """Return Odoo's payment method of a brand, else that of all cards."""
    methods = env["payment.method"].with_context(active_test=False)
    every = methods.search([("code", "in", [brand, CARD])])
    of_brand = every.filtered(lambda one: one.code == brand and one.primary_payment_method_id)
    found = of_brand[:1] or every.filtered(lambda one: one.code == CARD)[:1]
    if not found:
        raise UserError(env._("Odoo has no payment method Card: upgrade the module Payment."))
    return found


def read_rows(rows: object) -> list[dict]:
    """Return the rows of a batch.

    Raises:
        UserError: They are no such list, or an account is in it twice.
    """
    if (
        not isinstance(rows, list)
        or len(rows) > MAX_ROWS
        or not all(isinstance(row, dict) and is_text(row.get("account")) for row in rows)
        or len({row["account"] for row in rows}) < len(rows)
    ):
        raise UserError(
            _("A batch has at most %(max_rows)s rows, each account once.", max_rows=MAX_ROWS)
        )
    return rows


def fault_of(card: object) -> str | None:
    """Say what is wrong with a card; None if nothing. Its values are never repeated."""
    if not isinstance(card, dict) or card.keys() != KEYS:
        return "A card has other fields than payment method, brand, last four digits and expiry."
    texts = {"payment_method": _METHOD, "brand": _BRAND, "last4": _LAST4}
    for name, pattern in texts.items():
        if not isinstance(card[name], str) or not pattern.fullmatch(card[name]):
            return f"The card's {name} is not of Stripe's form."
    month, year = card["exp_month"], card["exp_year"]
    whole = type(month) is int and type(year) is int
    if not whole or not (1 <= month <= 12 and 2000 <= year <= 2100):
        return "The card's expiry is no month and year."
    return None


def last_day(card: dict) -> date:
    """Return the last day on which a card is valid: that of its month."""
    year, month = card["exp_year"], card["exp_month"]
    return date(year, month, monthrange(year, month)[1])


def page_of_accounts(env, service, after_id: int, limit: int) -> dict:
    """Return a page of accounts by the id of their link.

    ``first_invoice_on`` is the latest day on which a subscription of theirs is invoiced for the
    first time; None without a subscription.
    """
    query = SQL(
        """
        SELECT link.id, link.external_id, link.stripe_customer_id, link.billing_state = 'live',
               COALESCE(link.pays_by_invoice, false), link.payment_provider,
               max(so.next_invoice_date), count(so.id)
        FROM fusion_billing_account_link link
        LEFT JOIN sale_order so ON so.x_fc_account_link_id = link.id AND so.state != 'cancel'
            AND so.x_fc_service_id = link.service_id
        WHERE link.service_id = %s AND link.id > %s
        GROUP BY link.id ORDER BY link.id LIMIT %s
        """,
        service.id,
        after_id,
        limit,
    )
    found = env.execute_query(query)
    rows = [
        {
            "account": account,
            "stripe_customer": stripe_customer or None,
            "live": live,
            "pays_by_invoice": by_invoice,
            "payment_provider": provider or None,
            "first_invoice_on": first and first.isoformat(),
            "subscriptions": subscriptions,
        }
        for _id, account, stripe_customer, live, by_invoice, provider, first, subscriptions in found
    ]
    return {"rows": rows, "next_after_id": found[-1][0] if len(found) == limit else None}
