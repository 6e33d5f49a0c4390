"""Taxes of orders, by Odoo's fiscal positions or by the names that finance has mapped to Odoo's."""

from functools import cached_property

from . import values
from .fingerprint import fingerprint
from .row import InvalidRowError
from .writing import made_once

_NAME = "tax_codes"


class Taxes:
    """Finds what Odoo itself would find, but not anew for every order.

    Odoo derives the fiscal position from a contact's country, state and (where a position
    has a range) postal code. A contact with a tax id or a position of its own is asked
    about alone.
    """

    def __init__(self, env, company) -> None:
        self._company = company
        self._positions = env["account.fiscal.position"].with_company(company)
        self._found = {}
        self._taxes = {}

    @cached_property
    def _automatic(self):
        """Return the fiscal positions that Odoo finds by itself."""
        return self._positions.search(
            [*self._positions._check_company_domain(self._company), ("auto_apply", "=", True)]
        )

    @cached_property
    def _by_zip(self) -> bool:
        return any(position.zip_from and position.zip_to for position in self._automatic)

    def needs_state(self, country_id: int | bool) -> bool:
        """Say whether the taxes of a country depend on the state."""
        return country_id in self._automatic.state_ids.country_id.ids

    @cached_property
    def exempt(self):
        """Return the fiscal position of whoever pays no tax: it takes every tax away."""
        name = f"fiscal_position_exempt_{self._company.id}"
        values = {"name": "Tax Exempt", "company_id": self._company.id, "auto_apply": False}
        return made_once(self._positions.env, "account.fiscal.position", name, values)

    def position(self, partner):
        """Return the fiscal position for ``partner``, possibly empty."""
        partner = partner.with_company(self._company)
        special = partner.vat or partner.property_account_position_id or partner.child_ids
        key = (
            partner.id if special else None,
            partner.country_id.id,
            partner.state_id.id,
            partner.zip if self._by_zip else None,
        )
        if key not in self._found:
            address = partner.browse(partner.address_get(["delivery"])["delivery"])
            self._found[key] = self._positions._get_fiscal_position(partner, address)
        return self._found[key]

    def tax_ids(self, product, position) -> list[int]:
        """Return the ids of the taxes on ``product`` under ``position``."""
        key = product.id, position.id
        if key not in self._taxes:
            taxes = product.taxes_id._filter_taxes_by_company(self._company)
            self._taxes[key] = position.map_tax(taxes).ids
        return self._taxes[key]


class TaxCodes:
    """Taxes by the service's codes.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
    """

    def __init__(self, env, service) -> None:
        self._codes = env["fusion.billing.tax.code"]
        self._service = service

    @cached_property
    def _ids(self) -> dict[str, list[int]]:
        """Return the ids of the taxes by code; a code for no tax has none."""
        found = self._codes.search([("service_id", "=", self._service.id)])
        return {code.code: code.tax_ids.ids for code in found if code.tax_ids or code.no_tax}

    def of(self, *told: dict) -> list[int] | None:
        """Return the ids of the taxes that the most specific of these rows names.

        Args:
            told: Rows from the most to the least specific one; those that say nothing of taxes
                are passed over.

        Returns:
            None if none says anything; an empty list is no tax.

        Raises:
            InvalidRowError: Finance has not mapped one of the codes yet.
        """
        for data in told:
            if data.get(_NAME) is not None:
                return self._taxes(values.texts(data, _NAME))
        return None

    def mark(self, before: str, codes: set[str]) -> str:
        """Return a row's fingerprint together with what its codes stand for now."""
        stand_for = [(code, self._ids.get(code)) for code in sorted(codes)]
        return fingerprint(0, before, stand_for)

    def _taxes(self, codes: list[str]) -> list[int]:
        unmapped = [code for code in codes if code not in self._ids]
        if unmapped:
            raise InvalidRowError(
                "tax_code_unmapped",
                f"Nobody has said which tax of Odoo the code {', '.join(unmapped)} is: enter it "
                "under Pricing > Tax Codes and load again.",
            )
        return sorted({tax_id for code in codes for tax_id in self._ids[code]})


def codes_in(*rows: dict) -> set[str]:
    """Return every code that these rows name, whatever it is."""
    return {code for row in rows for code in row.get(_NAME) or () if isinstance(code, str)}
