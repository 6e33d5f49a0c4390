from . import import_wizard
from . import fusion_billing_reconciliation_resolve
from . import fusion_billing_decide
