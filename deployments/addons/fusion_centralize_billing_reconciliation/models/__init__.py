from . import fusion_billing_reconciliation_run
from . import fusion_billing_reconciliation
from . import fusion_billing_decision
