from . import import_wizard
from . import start_flow
