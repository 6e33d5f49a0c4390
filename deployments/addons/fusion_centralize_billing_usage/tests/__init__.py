from . import (
    test_turns,
    test_usage_aggregation,
    test_usage_load,
    test_usage_rating_run,
    test_usage_security,
    test_usage_thresholds,
)
