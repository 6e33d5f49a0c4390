from . import (
    test_cards,
    test_carried_lines,
    test_cutover,
    test_cutover_days,
    test_cutover_gate,
    test_ended,
    test_health,
    test_rehearsal,
    test_strict_subscriptions,
)
from . import test_credits
