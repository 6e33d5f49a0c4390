"""What the old side owes to customers: posted at the switch, taken back on the way back."""

from decimal import Decimal

from odoo import fields
from odoo.fields import Command
from odoo.tools import SQL

# Lago uses a credit note before prepaid credit, and what it granted before what was paid for.
USED_FIRST = ("credit_note", "wallet_granted", "wallet_paid")


def waiting(links):
    """Return the opening credits of these accounts that are not posted yet."""
    return links.sudo().credit_ids.filtered(lambda credit: not credit.move_id)


def differing(link, told: dict[str, str]) -> list[str]:
    """Return the ids of the credits of an account that are others than the old side says now.

    Args:
        link: The account.
        told: By the credit's id: its amount, a decimal text.
    """
    planned = {credit.external_id: _exact(credit) for credit in waiting(link)}
    now = {key: Decimal(amount) for key, amount in told.items()}
    keys = planned.keys() | now.keys()
    return sorted(key for key in keys if planned.get(key) != now.get(key))


def post(env, links) -> None:
    """Post what is owed to these accounts; each credit once.

    A credit note's rest becomes a credit note, prepaid credit an entry; both are outstanding
    credits of the customer, without tax: the old side has told it already.
    """
    for credit in waiting(links):
        link = credit.link_id
        company = link.service_id.company_id
        account = link.service_id.opening_account_id or company.get_unaffected_earnings_account()
        values = _note(credit, account) if credit.kind == "credit_note" else _entry(credit, account)
        move = env["account.move"].with_company(company).create(
            {
                "company_id": company.id,
                "currency_id": credit.currency_id.id,
                "date": fields.Date.context_today(link),
                "ref": f"{link.service_id.name}: {_kind(credit)} {credit.external_id}",
                **values,
            }
        )  # fmt: skip
        move.action_post()
        credit.move_id = move


def lines_of(credits):
    """Return the lines that are still to be used, in the order in which they are."""
    by_use = credits.sorted(lambda credit: (USED_FIRST.index(credit.kind), credit.id))
    return by_use.move_id.line_ids.filtered(
        lambda line: line.account_id.account_type == "asset_receivable" and not line.reconciled
    )


def used(links):
    """Return the posted credits of these accounts of which something was used."""
    posted = links.sudo().credit_ids.filtered("move_id")
    return posted.filtered(
        lambda credit: any(
            line.matched_debit_ids or line.matched_credit_ids
            for line in credit.move_id.line_ids
            if line.account_id.account_type == "asset_receivable"
        )
    )


def take_back(links) -> None:
    """Reverse what was posted for these accounts, none of it used: the old side owes it again."""
    posted = links.sudo().credit_ids.filtered("move_id")
    for credit in posted:
        today = fields.Date.context_today(credit)
        credit.move_id._reverse_moves([{"date": today, "invoice_date": today}], cancel=True)
    posted.write({"move_id": False})


def totals(env, scope: SQL) -> list[tuple[str, str, int, Decimal]]:
    """Return kind, currency, how many credits and their sum, of accounts in a scope."""
    query = SQL(
        """
        SELECT credit.kind, currency.name, count(*), sum(credit.amount)
        FROM fusion_billing_opening_credit credit
        JOIN fusion_billing_account_link link ON link.id = credit.link_id
        JOIN res_currency currency ON currency.id = credit.currency_id
        WHERE %s AND credit.move_id IS NULL
        GROUP BY 1, 2 ORDER BY 2, 1
        """,
        scope,
    )
    return env.execute_query(query)


def _exact(credit) -> Decimal:
    return Decimal(str(credit.currency_id.round(credit.amount)))


def _kind(credit) -> str:
    return dict(credit._fields["kind"]._description_selection(credit.env))[credit.kind]


def _note(credit, account) -> dict:
    line = {
        "name": _kind(credit),
        "quantity": 1.0,
        "price_unit": credit.amount,
        "account_id": account.id,
        "tax_ids": [Command.clear()],
    }
    return {
        "move_type": "out_refund",
        "partner_id": credit.partner_id.id,
        "invoice_date": fields.Date.context_today(credit),
        "invoice_line_ids": [Command.create(line)],
    }


def _entry(credit, account) -> dict:
    partner = credit.partner_id.commercial_partner_id
    company = credit.link_id.service_id.company_id
    today = fields.Date.context_today(credit)
    balance = credit.currency_id._convert(credit.amount, company.currency_id, company, today)
    common = {"currency_id": credit.currency_id.id, "name": _kind(credit)}
    receivable = partner.with_company(company).property_account_receivable_id
    return {
        "move_type": "entry",
        "line_ids": [
            Command.create(
                {
                    **common,
                    "partner_id": partner.id,
                    "account_id": receivable.id,
                    "balance": -balance,
                    "amount_currency": -credit.amount,
                }
            ),
            Command.create(
                {
                    **common,
                    "account_id": account.id,
                    "balance": balance,
                    "amount_currency": credit.amount,
                }
            ),
        ],
    }
