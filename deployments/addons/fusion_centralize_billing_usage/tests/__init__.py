from . import test_turns
from . import test_usage_aggregation
from . import test_usage_event_parts
from . import test_usage_load
from . import test_usage_metered_until
from . import test_usage_rating_run
from . import test_usage_security
from . import test_usage_thresholds
