from . import addresses
from . import event_types
from . import signing
