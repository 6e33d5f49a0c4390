from . import (
    test_bodies,
    test_cards,
    test_carried_lines,
    test_cutover,
    test_cutover_days,
    test_cutover_gate,
    test_duties,
    test_ended,
    test_health,
    test_rehearsal,
    test_strict_subscriptions,
    test_waves,
)
from . import test_credits
from . import test_bundle, test_long_periods, test_readiness
