from . import test_strictness
