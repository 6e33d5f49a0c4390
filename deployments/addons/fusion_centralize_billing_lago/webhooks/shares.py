"""How many messages each endpoint may have on its way at once: a slow app holds up itself only."""

from collections import Counter

#: An attempt that takes longer is a slow one.
SLOW_SECONDS = 3.0
#: So often in a row an endpoint may give no answer, or a slow refusal, before it is left alone.
SILENCES, SLOW_REFUSALS = 5, 2


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
