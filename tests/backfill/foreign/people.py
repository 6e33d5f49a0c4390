"""."""


def cases():
    return iter(())
