from . import import_wizard
from . import rehearsal
