"""Clean customers: people and companies, mostly Canadian, with unique addresses."""

from __future__ import annotations

import string
import unicodedata
from datetime import datetime, timedelta
from random import Random

from deployments.sample import words
from deployments.sample.rows import User, new_id

FOREIGN_SHARE = 0.12
MIXED_CASE_SHARE = 0.2
ALPHABET = string.ascii_letters + string.digits
OLDEST_CUSTOMER = timedelta(days=5 * 365)


def make_users(random: Random, count: int, now: datetime) -> list[User]:
    """Return ``count`` users; emails and Stripe ids are unique, whatever their case."""
    taken: set[str] = set()
    return [_make_user(random, now, taken) for _ in range(count)]


def new_stripe_id(random: Random, prefix: str = "cus_", length: int = 14) -> str:
    """Return an id in Stripe's manner."""
    return prefix + "".join(random.choices(ALPHABET, k=length))


def _make_user(random: Random, now: datetime, taken: set[str]) -> User:
    first, last = random.choice(words.FIRST_NAMES), random.choice(words.LAST_NAMES)
    kind = random.choices(("person", "employee", "company"), (45, 47, 8))[0]
    company = None if kind == "person" else _company_name(random)
    created_at = now - timedelta(days=5) - random.random() * OLDEST_CUSTOMER
    created_at = created_at.replace(microsecond=random.randrange(1_000_000))
    return User(
        id=new_id(random),
        email=_unique_email(random, first, last, company, taken),
        full_name=None if kind == "company" else f"{first} {last}",
        company_name=company,
        **_address(random),
        stripe_customer_id=new_stripe_id(random),
        is_active=random.random() > 0.01,
        created_at=created_at,
        updated_at=created_at + random.random() * (now - created_at),
    )


def _company_name(random: Random) -> str:
    if random.random() < 0.1:
        names = random.sample(words.LAST_NAMES, 2)
        return f"{names[0]}, {names[1]} & Associés"
    stem, kind = random.choice(words.COMPANY_STEMS), random.choice(words.COMPANY_KINDS)
    if random.random() < 0.05:
        return f'{stem} "{kind}" {random.choice(words.COMPANY_FORMS)}'
    return f"{stem} {kind} {random.choice(words.COMPANY_FORMS)}"


def _unique_email(
    random: Random, first: str, last: str, company: str | None, taken: set[str]
) -> str:
    domain = random.choice(words.PERSONAL_DOMAINS)
    if company is not None:
        domain = f"{_ascii(company)[:24].strip('-')}.example"
    local = f"{_ascii(first)}.{_ascii(last)}"
    address, number = f"{local}@{domain}", 1
    while address in taken:
        number += 1
        address = f"{local}{number}@{domain}"
    taken.add(address)
    if random.random() < MIXED_CASE_SHARE:
        return "@".join(part.title() for part in address.split("@"))
    return address


def _ascii(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("Ł", "L"))
    letters = [
        c.lower() if c.isascii() and c.isalnum() else "-"
        for c in folded
        if c != "'" and not unicodedata.combining(c)
    ]
    return "-".join(part for part in "".join(letters).split("-") if part)


def _address(random: Random) -> dict[str, str | None]:
    street = f"{random.randrange(1, 9800)} {random.choice(words.STREETS)}"
    if random.random() < 0.08:
        street = f"Bureau {random.randrange(100, 2400)}\n{street}"
    last_digits = f"{random.randrange(100):02d}"
    if random.random() < FOREIGN_SHARE:
        city, region, postal_code, country, phone = random.choice(words.FOREIGN_PLACES)
        return {
            "phone": phone + last_digits, "street": street, "city": city, "region": region,
            "postal_code": postal_code, "country_code": country,
        }  # fmt: skip
    city, code, name, prefix, area = random.choice(words.CANADIAN_PLACES)
    suffix = f"{random.randrange(10)}{random.choice('ABCEGHJKLMNPRSTVWXYZ')}{random.randrange(10)}"
    return {
        "phone": f"+1 {area} 555 01{last_digits}" if random.random() < 0.9 else None,
        "street": street, "city": city,
        "region": name if random.random() < 0.15 else code,
        "postal_code": f"{prefix} {suffix}", "country_code": "CA",
    }  # fmt: skip
