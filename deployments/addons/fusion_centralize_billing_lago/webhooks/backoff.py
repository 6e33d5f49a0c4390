"""When a message that was not taken is sent again."""

import random
from collections.abc import Callable

_LONGEST_SECONDS = 6 * 3600


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
