from . import models
from .hooks import set_deferred_accounts
