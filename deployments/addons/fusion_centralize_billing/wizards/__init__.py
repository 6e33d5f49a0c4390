from . import import_wizard
from . import usage
from . import api_key
from . import ledger
from . import reconciliation
from . import cutover
