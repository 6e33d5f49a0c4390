"""Cards into Odoo: a payment token for each account, linked to no order before the switch."""

from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.halving import load_in_halves
from odoo.addons.fusion_centralize_billing.loader.row import CREATED, UNCHANGED, UPDATED, Row

from .batch import fault_of, last_day

CARD = "card"


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
    links = env["fusion.billing.account.link"].search(
        [("service_id", "=", service.id), ("external_id", "in", [row["account"] for row in rows])]
    )
    by_account = {link.external_id: link for link in links}
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
            changes = {name: value for name, value in values.items() if _plain(kept[name]) != value}
            if changes:
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


def _plain(value: object) -> object:
    return value.id if hasattr(value, "ids") else value
