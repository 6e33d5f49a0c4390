"""How fast messages go: how many to an endpoint at once, and when one that failed comes again.

A slow app holds up itself only.
"""

import random
from collections import Counter
from collections.abc import Callable

#: An attempt that takes longer is a slow one.
SLOW_SECONDS = 3.0
#: So often in a row an endpoint may give no answer, or a slow refusal, before it is left alone.
SILENCES, SLOW_REFUSALS = 5, 2
_LONGEST_SECONDS = 6 * 3600


class Shares:
    """What is learned of endpoints in one delivery.

    Each begins with one message at a time. Quick answers double its share, a slow one takes it
    back to one.

    Args:
        most: The largest share.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._shares: dict[int, int] = {}
        self._silences: Counter[int] = Counter()
        self._slow_refusals: Counter[int] = Counter()

    def of(self, endpoint_id: int) -> int:
        """Return how many messages may be on their way to an endpoint."""
        return self._shares.get(endpoint_id, 1)

    def known(self) -> dict[int, int]:
        """Return the shares of the endpoints that something was sent to."""
        return dict(self._shares)

    def learn(self, endpoint_id: int, *, delivered: bool, reached: bool, seconds: float) -> None:
        """Take an attempt into account."""
        slow = seconds > SLOW_SECONDS
        more = min(self._most, 2 * self.of(endpoint_id)) if reached else self.of(endpoint_id)
        self._shares[endpoint_id] = 1 if slow else more
        self._silences[endpoint_id] = 0 if reached else self._silences[endpoint_id] + 1
        refused = slow and not delivered
        self._slow_refusals[endpoint_id] = self._slow_refusals[endpoint_id] + 1 if refused else 0

    def is_lost(self, endpoint_id: int) -> bool:
        """Say whether to leave an endpoint alone for a while; it then begins anew."""
        lost = (
            self._silences[endpoint_id] >= SILENCES
            or self._slow_refusals[endpoint_id] >= SLOW_REFUSALS
        )
        if lost:
            self._shares[endpoint_id] = 1
            self._silences[endpoint_id] = self._slow_refusals[endpoint_id] = 0
        return lost


def delay_seconds(
    attempts: int, first_seconds: float, chance: Callable[[], float] = random.random
) -> float:
    """Return how long to wait after so many attempts: doubling each time, up to six hours.

    Between half and all of that, by chance, so that messages which failed together do not
    all come again together.

    Args:
        attempts: Attempts made, at least 1.
        first_seconds: The longest wait after the first.
        chance: Returns a number in [0, 1).

    >>> [delay_seconds(n, 5, lambda: 1) for n in (1, 2, 3, 14, 1000)]
    [5.0, 10.0, 20.0, 21600.0, 21600.0]
    >>> delay_seconds(1, 5, lambda: 0)
    2.5
    """
    longest: float = min(first_seconds * 2.0 ** min(attempts - 1, 60), _LONGEST_SECONDS)
    return longest * (0.5 + 0.5 * chance())
