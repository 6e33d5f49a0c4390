from . import test_concurrency
from . import test_constraints
from . import test_contacts
from . import test_drift
from . import test_dry_run
from . import test_email
from . import test_ended
from . import test_failures
from . import test_import_log
from . import test_invoice
from . import test_load
from . import test_load_metrics
from . import test_rates
from . import test_rating
from . import test_rating_terms
from . import test_security
from . import test_shadow
from . import test_turns
from . import test_usage_aggregation
from . import test_usage_load
from . import test_usage_periods
from . import test_usage_rating_run
from . import test_usage_security
from . import test_usage_thresholds
from . import test_values
from . import test_webhook_telling
from . import test_webhook_outbox
from . import test_api_keys
from . import test_api_subscriptions
from . import test_api_terms
from . import test_ledger
from . import test_reconciliation
from . import test_cutover_gate
from . import test_cutover
from . import test_cutover_days
from .contract import (
    test_contract_fields,
    test_contract_invoices,
    test_contract_lifecycle,
    test_contract_payments,
    test_contract_prices,
)
