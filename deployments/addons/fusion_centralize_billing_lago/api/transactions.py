"""Transactions that see what others commit while they run."""


def read_committed(cr) -> None:
    """Let a new transaction see what others commit meanwhile; Odoo's own see a snapshot.

    With a snapshot, ``ON CONFLICT`` fails on what came after it, and the whole request has to
    be replayed. Without, it waits for the other one, and then there is a conflict or is none.

    Args:
        cr: A cursor that nothing was asked of since its last commit or rollback.
    """
    cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
