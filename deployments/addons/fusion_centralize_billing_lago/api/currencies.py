"""Currencies: which a service may name, and which a customer pays in."""

from decimal import Decimal

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.loader.currencies import Currencies
from odoo.addons.fusion_centralize_billing.loader.row import InvalidRowError

from .errors import INVALID, UNSUPPORTED, InvalidError

#: Decimals of Lago's smallest unit where it is no hundredth.
_DECIMALS = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"], 0),
    **dict.fromkeys(["UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    "CLF": 4,
}
#: What is a "cent" of these depends on the version of Lago's money library, or is a fifth.
_UNCERTAIN = frozenset({"HUF", "MGA", "MRO", "MRU"})

#: The currency of a ``link``: that of its ``_fc_currency``, or the company's.
PAYS_IN = SQL(
    """COALESCE(
        link.api_values::jsonb->>'currency',
        (SELECT currency.name FROM sale_order paid
         JOIN res_currency currency ON currency.id = paid.currency_id
         WHERE paid.x_fc_account_link_id = link.id ORDER BY paid.id DESC LIMIT 1),
        (SELECT currency.name FROM fusion_billing_wallet paid
         JOIN res_currency currency ON currency.id = paid.currency_id
         WHERE paid.link_id = link.id ORDER BY paid.id DESC LIMIT 1),
        (SELECT currency.name FROM account_move paid
         JOIN res_currency currency ON currency.id = paid.currency_id
         WHERE paid.x_fc_link_id = link.id ORDER BY paid.id DESC LIMIT 1),
        (SELECT currency.name FROM fusion_billing_service service
         JOIN res_company company ON company.id = service.company_id
         JOIN res_currency currency ON currency.id = company.currency_id
         WHERE service.id = link.service_id)
    )"""
)


def currencies_of(links) -> dict[int, str]:
    """Return the code of the currency that each account pays in, by its id; in one query."""
    links.env.flush_all()
    query = SQL(
        "SELECT link.id, %s FROM fusion_billing_account_link link WHERE link.id = ANY(%s)",
        PAYS_IN,
        links.ids,
    )
    return dict(links.env.execute_query(query))


def find_currency(call, values: dict, name: str = "currency"):
    """Return the currency that values name; the company's if they name none.

    Raises:
        InvalidError: Odoo knows none of this code, divides it otherwise than Lago does, or
            has no rate of it, so that nobody could enter an invoice in the books.
    """
    code = values.get(name)
    if not code:
        return call.currency
    currencies = Currencies(call.env, call.company)
    try:
        currency = currencies.get(code.upper())
    except InvalidRowError:
        raise InvalidError({name: [INVALID]}) from None
    same = currency.decimal_places == _DECIMALS.get(currency.name, 2)
    if not same or currency.name in _UNCERTAIN:
        raise InvalidError({name: [UNSUPPORTED]})
    if not currencies.has_rate(currency):
        raise InvalidError({name: ["no_exchange_rate"]})
    return currency


def of_amount(field: str, operator: str, amount_cents: int) -> list:
    """Return a domain that compares an amount with one in the smallest unit of its currency."""
    each = [
        [
            "&",
            ("currency_id.decimal_places", "=", places),
            (field, operator, float(Decimal(amount_cents).scaleb(-places))),
        ]
        for places in sorted({2, *_DECIMALS.values()})
    ]
    return [*("|" for _one in each[1:]), *(part for one in each for part in one)]


def check_currency(values: dict, currency) -> None:
    """Refuse another currency than that of what is changed: it keeps the one that it has.

    Raises:
        InvalidError: It is another one.
    """
    named = values.get("amount_currency")
    if named and named.upper() != currency.name:
        raise InvalidError({"amount_currency": [UNSUPPORTED]})


def check_pays_in(link, currency) -> None:
    """Refuse a currency that is not the customer's: as in Lago, a customer has one.

    Raises:
        InvalidError: What the customer has is in another one.
    """
    if (link._fc_currency() or currency) != currency:
        raise InvalidError({"currency": ["currencies_does_not_match"]})
