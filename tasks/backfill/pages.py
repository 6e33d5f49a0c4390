"""Pages of customers: each holds whole customers, and all rows that can only be judged with theirs.

A page is a small world of its own: whatever a rule asks of several rows at once (an address that
two customers share, a subscription of one to the deployment of another), all of them are in one
page. So pages are checked, mapped and loaded one after the other, as the whole would be.

A row's *home* is the customer on whom it hangs: a deployment's owner; for subscriptions and add-ons
the owner of their deployment. Homes that must be judged together are *tied*. Both are worked out
over hashes of 8 bytes: two values of the same hash are tied for nothing, which harms nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tasks.backfill.facts.users import email_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

#: Customers in one page: each takes some 10 kB while its page is worked on, and a page costs Great
#: Expectations a second of CPU.
PAGE_CUSTOMERS = 6_000
#: What decides the home of a table's rows; deployments before what hangs on them.
HOME_COLUMNS = {
    "users": ("id", "email", "stripe_customer_id"),
    "deployments": ("id", "user_id"),
    "subscriptions": ("id", "deployment_id", "user_id"),
    "deployment_addons": ("id", "deployment_id"),
}
#: Stands for a value that is not there.
NOTHING = 0


def hashed(table: str, columns: Mapping[str, Sequence[str | None]]) -> list[Hashes]:
    """Hash what decides the homes of some rows of a table.

    An address counts however it is written: the load sends all who share one at once.

    Args:
        table: One of ``HOME_COLUMNS``.
        columns: Its columns there, with a value for each row.
    """
    folded = {"email", "stripe_customer_id"}
    return [
        _hashes([value and email_key(value).casefold() for value in values])
        if name in folded
        else _hashes(values)
        for name, values in ((name, columns[name]) for name in HOME_COLUMNS[table])
    ]


def _hashes(values: Sequence[str | None]) -> Hashes:
    """Return a hash for each text, the same in every process; ``NOTHING`` for None."""
    import numpy as np
    import pandas as pd

    texts = np.array(["" if value is None else value for value in values], dtype=object)
    hashes: Hashes = pd.util.hash_array(texts, categorize=False)
    hashes[np.array([value is None for value in values], dtype=bool)] = NOTHING
    return hashes


def pages_of_users(
    users: Mapping[str, Sequence[str | None]], page_customers: int = PAGE_CUSTOMERS
) -> tuple[int, dict[str | None, int]]:
    """Divide users on whom nothing else hangs but what is theirs.

    Args:
        users: Their columns of ``HOME_COLUMNS``.
        page_customers: Users in a page, about.

    Returns:
        How many pages there are, and by id the page of each user.
    """
    number = max(1, -(-len(users["id"]) // page_customers))
    homes = Homes()
    theirs = homes.of("users", hashed("users", users))
    pages = homes.pages(number).of(theirs)
    return number, dict(zip(users["id"], pages.tolist(), strict=True))


class Homes:
    """The homes of each table's rows, and the ties between them, as tables become known."""

    def __init__(self) -> None:
        self._owned: tuple[Hashes, Hashes] | None = None
        self._ties: list[tuple[Hashes, Hashes]] = []

    def of(self, table: str, columns: Sequence[Hashes]) -> Hashes:
        """Give the home of each row of a table, in the order of ``HOME_COLUMNS``.

        Args:
            table: Deployments come before what hangs on them.
            columns: As ``hashed`` gives them, of all rows.
        """
        ids, others = columns[0], columns[1:]
        if table == "users":
            homes = ids
            # Who shares an address or a Stripe id.
            for values in others:
                self._tie_equals(values, homes)
        elif table == "deployments":
            homes = self._or(others[0], ids)
            self._own(ids, homes)
        else:
            homes = self._owners(self._or(others[0], ids))
            # Who subscribes to another's deployment.
            for users in others[1:]:
                self._tie(homes, users)
        self._tie_equals(ids, homes)
        return homes

    def pages(self, number: int) -> Pages:
        """Divide the homes into pages, by what is known of them now."""
        return Pages(number, self._ties)

    @staticmethod
    def _or(hashes: Hashes, others: Hashes) -> Hashes:
        import numpy as np

        return np.where(hashes == NOTHING, others, hashes)

    def _own(self, deployments: Hashes, homes: Hashes) -> None:
        import numpy as np

        order = np.argsort(deployments, kind="stable")
        self._owned = deployments[order], homes[order]

    def _owners(self, deployments: Hashes) -> Hashes:
        """Give the owner of each deployment, or the deployment if nobody knows it."""
        import numpy as np

        if self._owned is None or not len(self._owned[0]):
            return deployments
        known, owners = self._owned
        places = np.minimum(np.searchsorted(known, deployments), len(known) - 1)
        return np.where(known[places] == deployments, owners[places], deployments)

    def _tie_equals(self, values: Hashes, homes: Hashes) -> None:
        """Tie the homes of rows that have the same value."""
        import numpy as np

        order = np.argsort(values, kind="stable")
        values, homes = values[order], homes[order]
        same = (values[1:] == values[:-1]) & (values[1:] != NOTHING)
        self._tie(homes[1:][same], homes[:-1][same])

    def _tie(self, one: Hashes, other: Hashes) -> None:
        apart = (one != other) & (one != NOTHING) & (other != NOTHING)
        self._ties.append((one[apart], other[apart]))


class Pages:
    """Which page a home belongs to: the same in every run over the same customers."""

    def __init__(self, number: int, ties: Sequence[tuple[Hashes, Hashes]]) -> None:
        self.number = number
        heads: dict[int, int] = {}

        def head_of(home: int) -> int:
            while (above := heads.get(home, home)) != home:
                heads[home] = heads.get(above, above)
                home = above
            return home

        for ones, others in ties:
            for one, other in zip(ones.tolist(), others.tolist(), strict=True):
                low, high = sorted((head_of(one), head_of(other)))
                heads[high] = low
        self._heads = {home: head_of(home) for home in tuple(heads)}

    def of(self, homes: Hashes) -> NDArray[np.int64]:
        """Give the page of each home, from 0."""
        import numpy as np

        if self._heads:
            tied = np.array(sorted(self._heads), dtype=np.uint64)
            heads = np.array([self._heads[home] for home in tied.tolist()], dtype=np.uint64)
            places = np.minimum(np.searchsorted(tied, homes), len(tied) - 1)
            homes = np.where(tied[places] == homes, heads[places], homes)
        return (homes % np.uint64(self.number)).astype(np.int64)
