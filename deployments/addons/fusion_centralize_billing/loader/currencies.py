"""Currencies that prices are in: each with one price list, that of the company with none."""

from .arguments import is_text
from .differences import differences
from .row import InvalidRowError
from .writing import made_once


class Currencies:
    """Finds currencies by their ISO code, and makes one price list for each foreign one.

    Args:
        env: Superuser environment in the service's company.
        company: Whose orders are loaded.
    """

    def __init__(self, env, company) -> None:
        self.env = env
        self.company = company
        self._found = {}
        self._lists = {}

    def get(self, code: object):
        """Return a currency; one that nobody used before becomes active.

        Raises:
            InvalidRowError: Odoo knows none of this code.
        """
        own = self.company.currency_id
        if code == own.name:
            return own
        if not is_text(code) or code not in self._found:
            known = self.env["res.currency"].with_context(active_test=False)
            currency = is_text(code) and known.search([("name", "=", code)], limit=1)
            if not currency:
                raise InvalidRowError(
                    "unknown_currency",
                    f"Odoo knows no currency {str(code)[:8]!r}; correct it in the source.",
                )
            if not currency.active:
                currency.active = True
            self._found[code] = currency
        return self._found[code]

    def is_foreign(self, currency) -> bool:
        """Say whether it is another currency than the company's."""
        return currency != self.company.currency_id

    def has_rate(self, currency) -> bool:
        """Say whether Odoo can turn amounts into the company's currency."""
        companies = [False, self.company.root_id.id]
        rates = [("currency_id", "=", currency.id), ("company_id", "in", companies)]
        own = not self.is_foreign(currency)
        return own or bool(self.env["res.currency.rate"].search_count(rates, limit=1))

    def price_list(self, currency):
        """Return the price list of the orders in a currency: none in the company's own."""
        if not self.is_foreign(currency):
            return self.env["product.pricelist"]
        if currency not in self._lists:
            values = {
                "name": f"{currency.name}, {self.company.name}",
                "currency_id": currency.id,
                "company_id": self.company.id,
            }
            name = f"pricelist_{self.company.id}_{currency.name}"
            self._lists[currency] = made_once(self.env, "product.pricelist", name, values)
        return self._lists[currency]


def list_price(price_list, price: float, product) -> bool:
    """Give a product its price on a list; say whether it had another before."""
    rule = price_list.item_ids.filtered(lambda item: item.product_id == product)[:1]
    wanted = {
        "pricelist_id": price_list.id,
        "applied_on": "0_product_variant",
        "product_tmpl_id": product.product_tmpl_id.id,
        "product_id": product.id,
        "compute_price": "fixed",
        "fixed_price": price,
    }
    changed = differences(rule, wanted) if rule else wanted
    if not rule:
        rule.create(wanted)
    elif changed:
        rule.write(changed)
    return bool(changed)
