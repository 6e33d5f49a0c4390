"""Countries and states of a bundle, found with two queries for all rows."""

from .row import InvalidRowError, Row


class Places:
    """Ids of countries by ISO code and of states by code or name within their country."""

    def __init__(self, env, rows: list[Row]) -> None:
        codes = {row.data["country_code"] for row in rows}
        texts = (code for code in codes if isinstance(code, str) and code.isprintable())
        wanted = {code.strip().upper() for code in texts}
        countries = env["res.country"].search_fetch([("code", "in", list(wanted))], ["code"])
        self._countries = {country.code: country.id for country in countries}
        states = env["res.country.state"].search_fetch(
            [("country_id", "in", countries.ids)], ["code", "name", "country_id"]
        )
        self._states = {}
        for state in states:
            self._states[state.country_id.id, state.name.casefold()] = state.id
        for state in states:
            self._states[state.country_id.id, state.code.casefold()] = state.id

    def country(self, code: str | bool) -> int | bool:
        """Return a country's id, or False for no code.

        Raises:
            InvalidRowError: Odoo has no country of this code.
        """
        if not code:
            return False
        if code.upper() not in self._countries:
            raise InvalidRowError(
                "unknown_country",
                f"Odoo knows no country '{code[:8]}'; correct the country in the source.",
            )
        return self._countries[code.upper()]

    def state(self, country_id: int | bool, region: str | bool) -> int | bool:
        """Return a state's id, or False when the country has none of that code or name."""
        return bool(region) and self._states.get((country_id, region.casefold()), False)
