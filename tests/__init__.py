"""Tests and benches; a Prefect server that they start tells nobody outside of itself."""

import os

os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
