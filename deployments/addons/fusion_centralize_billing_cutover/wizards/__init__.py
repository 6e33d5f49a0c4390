from . import fusion_billing_cutover_decide
from . import dual_run
from . import import_wizard
