"""Fiscal positions and taxes of orders, resolved once per kind of customer."""

from functools import cached_property

from .made_once import made_once


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
        self._exempt = None

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

    def exempt(self):
        """Return the fiscal position of whoever pays no tax: it takes every tax away."""
        if self._exempt is None:
            name = f"fiscal_position_exempt_{self._company.id}"
            values = {"name": "Tax Exempt", "company_id": self._company.id, "auto_apply": False}
            self._exempt = made_once(self._positions.env, "account.fiscal.position", name, values)
        return self._exempt

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
