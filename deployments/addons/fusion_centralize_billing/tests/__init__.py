from . import (
    test_arguments,
    test_concurrency,
    test_constraints,
    test_contacts,
    test_copy_mark,
    test_drift,
    test_dry_run,
    test_email,
    test_failures,
    test_import_log,
    test_invoice,
    test_load,
    test_load_metrics,
    test_other_company,
    test_periods,
    test_products,
    test_rates,
    test_rating,
    test_rating_terms,
    test_security,
    test_shadow,
    test_shadow_doors,
    test_shared_contacts,
    test_values,
)
from . import test_load_lines
from . import test_load_currencies
from . import test_load_taxes
from . import test_flow_runs
from .contract import (
    test_contract_fields,
    test_contract_invoices,
    test_contract_lifecycle,
    test_contract_payments,
    test_contract_prices,
)
