"""Countries and states of a bundle, found with a few queries for all rows, however people write."""

import unicodedata

from babel.core import get_global

from .row import InvalidRowError, Row

#: What Canada's provinces are called beside their names and codes, by ``plain`` form.
_CANADA = {
    "AB": "alta",
    "BC": "colombiebritannique",
    "MB": "man",
    "NB": "nouveaubrunswick",
    "NL": "nfld nf newfoundland terreneuve terreneuveetlabrador newfoundlandlabrador",
    "NS": "nouvelleecosse",
    "NT": "nwt tno territoiresdunordouest",
    "ON": "ont",
    "PE": "pei ipe ileduprinceedouard",
    "QC": "que pq provincedequebec",
    "SK": "sask",
    "YT": "yk yukonterritory territoireduyukon",
}
OTHER_NAMES = {
    "CA": {name: code for code, names in _CANADA.items() for name in names.split()},
    "US": {"washingtondc": "DC"},
}
# Codes that people write (the EU's numbers for VAT, too), and ISO 3166 keeps for nobody.
_OTHER_CODES = {"UK": "GB", "EL": "GR"}


class Places:
    """Ids of countries by code or name and of states by code or name within their country.

    Accents, case, blanks and punctuation do not matter.
    """

    def __init__(self, env, rows: list[Row]) -> None:
        self._env = env
        texts = {row.data["country_code"] for row in rows}
        names = {text for text in texts if isinstance(text, str) and text.isprintable()}
        wanted = {country_code(name) for name in names}
        countries = env["res.country"].search_fetch([("code", "in", list(wanted))], ["code"])
        self._countries = {country.code: country.id for country in countries}
        unknown = [name for name in names if country_code(name) not in self._countries]
        if unknown:
            countries |= self._by_name(unknown)
        self._states = self._states_of(countries)

    def country(self, code: str | bool) -> int | bool:
        """Return a country's id, or False for no code.

        Raises:
            InvalidRowError: Odoo has no country of this code or name.
        """
        if not code:
            return False
        found = self._countries.get(country_code(code)) or self._countries.get(plain(code))
        if not found:
            raise InvalidRowError(
                "unknown_country",
                f"Odoo knows no country '{code[:8]}'; correct the country in the source.",
            )
        return found

    def state(self, country_id: int | bool, region: str | bool) -> int | bool:
        """Return a state's id, or False when the country has none of that code or name."""
        return bool(region) and self._states.get((country_id, plain(region)), False)

    def _by_name(self, names: list[str]):
        """Find countries by their names, in every language that Odoo speaks here."""
        wanted = {plain(name) for name in names} - {""}
        found = self._env["res.country"]
        for code, _name in self._env["res.lang"].get_installed():
            for country in self._env["res.country"].with_context(lang=code).search([]):
                if plain(country.name) in wanted:
                    self._countries[plain(country.name)] = country.id
                    found |= country.with_env(self._env)
        return found

    def _states_of(self, countries) -> dict[tuple[int, str], int]:
        states = self._env["res.country.state"].search_fetch(
            [("country_id", "in", countries.ids)], ["code", "name", "country_id"]
        )
        found = {}
        for state in states:
            found[state.country_id.id, plain(state.name)] = state.id
        for state in states:
            # ISO 3166-2 writes the country before it: CA-QC.
            country = state.country_id
            found.setdefault((country.id, plain(f"{country.code}-{state.code}")), state.id)
            found[country.id, plain(state.code)] = state.id
        for country in countries:
            for name, code in OTHER_NAMES.get(country.code, {}).items():
                state_id = found.get((country.id, plain(code)))
                if state_id:
                    found.setdefault((country.id, name), state_id)
        return found


def plain(name: str) -> str:
    """Return a name without accents, case, blanks and punctuation.

    >>> plain("Québec"), plain("P.E.I."), plain("Île-du-Prince-Édouard")
    ('quebec', 'pei', 'ileduprinceedouard')
    """
    # Of the apostrophes and hyphens that people use no two look the same.
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum()).casefold()


def country_code(name: str) -> str:
    """Return ISO's two-letter code for one of three letters or a usual one; else what is given.

    >>> country_code("CAN"), country_code("ca"), country_code("Canada")
    ('CA', 'CA', 'CANADA')
    >>> country_code("UK")
    'GB'
    """
    code = name.strip().upper()
    code = _OTHER_CODES.get(code, code)
    two = get_global("territory_aliases").get(code, [code])
    return two[0] if len(two) == 1 and len(code) > len("CA") else code
