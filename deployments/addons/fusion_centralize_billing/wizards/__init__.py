from . import import_wizard
from . import usage
from . import api_key
