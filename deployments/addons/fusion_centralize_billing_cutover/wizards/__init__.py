from . import import_wizard
from . import dual_run
