"""How people write countries and provinces, brought to one form."""

import unicodedata

from babel.core import get_global

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
