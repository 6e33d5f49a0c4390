from . import import_wizard
from . import fusion_billing_decide
