"""The source's names of taxes, as finance has mapped them to Odoo's."""

from functools import cached_property

from . import values
from .fingerprint import fingerprint
from .row import InvalidRowError

_NAME = "tax_codes"


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
