"""The local stack; what it cannot do is a ``StackError``."""


class StackError(Exception):
    """The stack cannot do what was asked; the message says what, where, and what to do."""
