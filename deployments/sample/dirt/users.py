"""Users that break a rule."""

from __future__ import annotations

from collections import Counter
from random import Random

from deployments.sample.nexacloud.users import new_stripe_id
from deployments.sample.rows import User
from deployments.sample.world import Victims, World

MALFORMED_EMAILS = ("{0}", "{0}@", "@{0}.example", "{0} at example.com", "{0}@@example.com", None)
MALFORMED_STRIPE_IDS = ("acct_", "sub_", "pm_", "CUS-", "cus-")


def spoil_users(random: Random, world: World, victims: Victims, counts: dict[str, int]) -> None:
    """Spoil ``counts`` users a rule (pairs of users, where a rule needs two).

    Only users with one live deployment are taken, so that few subscriptions hang on them.
    """
    deployments = Counter(deployment.user_id for deployment in world.deployments)

    def take(rule: str, each: int = 1) -> list[User]:
        chosen = victims.take(counts[rule] * each, lambda s: deployments[s.user.id] == 1)
        for service in chosen:
            world.label("users", service.user.id, rule)
        return [service.user for service in chosen]

    for number, user in enumerate(take("email_malformed")):
        pattern = MALFORMED_EMAILS[number % len(MALFORMED_EMAILS)]
        user.email = pattern and pattern.format(f"client{random.randrange(10**9)}")
    for number, user in enumerate(take("stripe_id_malformed")):
        prefix = MALFORMED_STRIPE_IDS[number % len(MALFORMED_STRIPE_IDS)]
        user.stripe_customer_id = new_stripe_id(random, prefix)
    for user in take("stripe_id_missing"):
        user.stripe_customer_id = None
    for user in take("country_missing"):
        user.country_code = None
    for number, user in enumerate(take("name_missing")):
        user.full_name, user.company_name = ("" if number % 2 else None), None
    _share_stripe_ids(take("stripe_id_duplicate", each=2))
    _share_emails(take("email_shared", each=2))


def _share_stripe_ids(users: list[User]) -> None:
    for first, second in zip(users[::2], users[1::2], strict=True):
        second.stripe_customer_id = first.stripe_customer_id


def _share_emails(users: list[User]) -> None:
    for number, (first, second) in enumerate(zip(users[::2], users[1::2], strict=True)):
        if number % 3 == 0:
            # One person who signed up twice: one address, one card. No wrong card is charged.
            second.email, second.stripe_customer_id = first.email, first.stripe_customer_id
        else:
            second.email = first.email and first.email.swapcase()
