from . import fusion_billing_cutover_decide
from . import import_wizard
from . import dual_run
