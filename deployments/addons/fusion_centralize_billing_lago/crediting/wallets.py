"""Prepaid credits: what comes in is an outstanding credit of the customer, invoices use it."""

from odoo import fields
from odoo.fields import Command

from odoo.addons.fusion_centralize_billing.loader.writing import made_once

from .parties import links_of, receivable_lines, use_lines


def grant(wallet, credits, told: dict):
    """Give credits that nobody pays for; return the movement."""
    one = _movement(wallet, "granted", credits, told)
    _settle(one)
    return one


def sell(wallet, credits, told: dict):
    """Invoice credits; they are there when the invoice is paid. Return the movement."""
    one = _movement(wallet, "purchased", credits, told)
    if wallet.shadow:
        return one
    move = _invoice(one)
    one.invoice_id = move
    move.action_post()
    return one


def settle_paid(moves) -> None:
    """Let credits come in whose invoices are paid, and mark those whose invoices are no more."""
    movements = moves.env["fusion.billing.wallet.transaction"].sudo().search(
        [("invoice_id", "in", moves.ids), ("kind", "=", "purchased"), ("state", "=", "pending")]
    )  # fmt: skip
    for one in movements:
        if one.invoice_id.state == "cancel":
            one.write({"state": "failed", "failed_at": fields.Datetime.now()})
        elif one.invoice_id.payment_state in ("paid", "in_payment"):
            _settle(one)


def void(wallet, amount, only=None):
    """Take credits back, those that were granted first; return the movement."""
    sources = _sources(wallet) if only is None else only
    taken = wallet.currency_id.round(min(amount, sum(sources.mapped("remaining"))))
    one = wallet.transaction_ids.create(
        {
            "wallet_id": wallet.id,
            "kind": "voided",
            "state": "settled",
            "amount": taken,
            "credits": taken / wallet.rate_amount,
            "settled_at": fields.Datetime.now(),
        }
    )
    left = taken
    for source in sources:
        part = wallet.currency_id.round(min(source.remaining, left))
        if part <= 0:
            continue
        _note_use(source, one, part)
        left -= part
        if source.move_id:
            back = _entry(one, -part, _income_account(wallet))
            (receivable_lines(back) | receivable_lines(source.move_id)).reconcile()
    return one


def use(moves) -> None:
    """Let posted invoices of live accounts use the prepaid credits of their customers."""
    for move in moves:
        if move.move_type != "out_invoice" or move.x_fc_kind == "credit":
            continue
        for link in links_of(move):
            wallets = move.env["fusion.billing.wallet"].sudo().search([("link_id", "=", link.id)])
            for wallet in wallets._usable():
                _use(move, wallet)


def _use(move, wallet) -> None:
    parts = {}
    for source in _sources(wallet):
        if move.currency_id.is_zero(move.amount_residual):
            break
        used = move.currency_id.round(use_lines(move, receivable_lines(source.move_id)))
        if used > 0:
            parts[source] = used
    if not parts:
        return
    amount = sum(parts.values())
    one = wallet.transaction_ids.create(
        {
            "wallet_id": wallet.id,
            "kind": "invoiced",
            "state": "settled",
            "amount": amount,
            "credits": amount / wallet.rate_amount,
            "invoice_id": move.id,
            "settled_at": fields.Datetime.now(),
        }
    )
    for source, part in parts.items():
        _note_use(source, one, part)


def _sources(wallet):
    """Return what came in and is left, what was granted before what was paid for."""
    left = wallet.transaction_ids.filtered(lambda one: one.remaining > 0)
    return left.sorted(lambda one: (one.kind != "granted", one.id))


def _note_use(source, target, amount) -> None:
    source.use_ids.create({"inbound_id": source.id, "outbound_id": target.id, "amount": amount})


def _movement(wallet, kind: str, credits, told: dict):
    amount = wallet.currency_id.round(float(credits) * wallet.rate_amount)
    return wallet.transaction_ids.create(
        {
            "wallet_id": wallet.id,
            "name": told.get("name"),
            "kind": kind,
            "state": "pending",
            "amount": amount,
            "credits": float(credits),
            "api_values": told,
        }
    )


def _settle(one) -> None:
    """Bring a movement's credits in: posted, unless the service bills the account itself."""
    wallet = one.wallet_id
    if not wallet.shadow and one.amount:
        paid = one.kind == "purchased"
        account = _prepaid_account(wallet) if paid else _income_account(wallet)
        one.move_id = _entry(one, one.amount, account)
    one.write({"state": "settled", "settled_at": fields.Datetime.now()})


def _invoice(one):
    wallet = one.wallet_id
    line = {
        "name": one.name or wallet.env._("Prepaid credits"),
        "quantity": 1.0,
        "price_unit": one.amount,
        "account_id": _prepaid_account(wallet).id,
        "tax_ids": [Command.clear()],
        "x_fc_link_id": wallet.link_id.id,
    }
    return _moves(wallet).create(
        {
            "move_type": "out_invoice",
            "partner_id": wallet.partner_id.id,
            "currency_id": wallet.currency_id.id,
            "company_id": wallet.company_id.id,
            "invoice_date": fields.Date.context_today(wallet),
            "x_fc_link_id": wallet.link_id.id,
            "x_fc_kind": "credit",
            "invoice_line_ids": [Command.create(line)],
        }
    )


def _entry(one, amount, account):
    """Return a posted entry by which the customer is owed ``amount``; below 0: owed no more."""
    wallet = one.wallet_id
    partner = wallet.partner_id.commercial_partner_id
    receivable = partner.with_company(wallet.company_id).property_account_receivable_id
    today, company = fields.Date.context_today(wallet), wallet.company_id
    balance = wallet.currency_id._convert(amount, company.currency_id, company, today)
    shared = {
        "name": f"{wallet.service_id.name}: {one.name or wallet.name or wallet.code}",
        "partner_id": partner.id,
        "currency_id": wallet.currency_id.id,
    }
    sides = ((receivable, -amount, -balance), (account, amount, balance))
    lines = [
        {**shared, "account_id": side.id, "amount_currency": foreign, "balance": own}
        for side, foreign, own in sides
    ]
    move = _moves(wallet).create(
        {
            "move_type": "entry",
            "company_id": company.id,
            "date": today,
            "ref": shared["name"],
            "line_ids": [Command.create(line) for line in lines],
        }
    )
    move.action_post()
    return move


def _moves(wallet):
    return wallet.env["account.move"].sudo().with_company(wallet.company_id)


def _income_account(wallet):
    """Return the account that granted credits are taken from: what is sold earns less."""
    journal = wallet.env["account.journal"].sudo().search(
        [("company_id", "=", wallet.company_id.id), ("type", "=", "sale")], limit=1
    )  # fmt: skip
    return journal.default_account_id or wallet.company_id.get_unaffected_earnings_account()


def _prepaid_account(wallet):
    """Return the account of what customers have paid ahead: owed, and no revenue."""
    company = wallet.company_id
    accounts = wallet.env["account.account"].sudo().with_company(company)
    values = {
        "name": "Prepaid credits of customers",
        "code": accounts._search_new_account_code("218800"),
        "account_type": "liability_current",
        "company_ids": [Command.set(company.ids)],
    }
    name = f"account_prepaid_{company.id}"
    return made_once(accounts.env, "account.account", name, values)


def give_back(move) -> None:
    """Let an invoice that is no more have used nothing."""
    outbound = move.env["fusion.billing.wallet.transaction"].sudo().search(
        [("invoice_id", "=", move.id), ("kind", "=", "invoiced"), ("state", "=", "settled")]
    )  # fmt: skip
    outbound.funding_ids.unlink()
    outbound.write({"state": "failed", "failed_at": fields.Datetime.now()})
