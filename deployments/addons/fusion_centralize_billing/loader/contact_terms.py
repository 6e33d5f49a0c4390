"""What a contact has beside its address: language, tax number, when it pays, whether tax is due."""

from odoo.fields import Command

from . import values
from .row import InvalidRowError, Row
from .writing import made_once

_MOST_DAYS = 3650


class PaymentTerms:
    """Payment terms of so many days net, made where the company has none.

    Args:
        env: Superuser environment in the service's company.
        company: The service's.
    """

    def __init__(self, env, company) -> None:
        self._env = env
        self._company = company
        self._found = {}

    def get(self, days: object):
        """Return the payment term of ``days`` after the invoice.

        Raises:
            InvalidRowError: It is not a whole number of days.
        """
        if type(days) is not int or not 0 <= days <= _MOST_DAYS:
            raise InvalidRowError(
                "invalid_value", "payment_term_days must be a whole number of days."
            )
        if days not in self._found:
            self._found[days] = self._make(days)
        return self._found[days]

    def _make(self, days: int):
        line = {"value": "percent", "value_amount": 100, "nb_days": days}
        term = {
            "name": f"Net {days} days" if days else "Due at once",
            "company_id": self._company.id,
            "line_ids": [Command.clear(), Command.create(line)],
        }
        name = f"payment_term_{self._company.id}_{days}"
        return made_once(self._env, "account.payment.term", name, term)


class ContactTerms:
    """Reads the optional terms of customers; a plain row has none of them.

    Args:
        env: Superuser environment in the service's company.
        company: The service's.
    """

    def __init__(self, env, company) -> None:
        self._payment_terms = PaymentTerms(env, company)
        self._languages = [code for code, _name in env["res.lang"].get_installed()]

    def read(self, row: Row) -> dict:
        """Return the values of those terms that the source speaks of, for a contact.

        A language that Odoo does not speak here is noted on the row.

        Raises:
            InvalidRowError: A value is wrong.
        """
        data, found = row.data, {}
        if language := values.optional_text(data, "language"):
            code = self._language(language)
            if code:
                found["lang"] = code
            else:
                row.note(
                    "language_unknown",
                    f"Odoo does not speak '{language[:12]}' here: the contact keeps the "
                    "company's. Activate the language and load again.",
                )
        if vat := values.optional_text(data, "vat"):
            found["vat"] = vat
        days = data.get("payment_term_days")
        if days is not None:
            found["property_payment_term_id"] = self._payment_terms.get(days).id
        return found

    def _language(self, told: str) -> str | None:
        """Return an installed language: this one, or one of the same tongue."""
        wanted = told.replace("-", "_").casefold()
        tongue = wanted.split("_")[0]
        by_code = {code.casefold(): code for code in self._languages}
        alike = sorted(code for code in self._languages if code.split("_")[0].casefold() == tongue)
        return by_code.get(wanted) or next(iter(alike), None)


def all_emails(data: dict) -> str | bool:
    """Return the addresses of a customer as a contact holds them: the first one leads.

    Raises:
        InvalidRowError: One of them is no text.
    """
    first = values.text(data, "email")
    others = [email for email in values.texts(data, "emails") if email != first]
    together = ", ".join([*([first] if first else []), *others])
    return together or False
