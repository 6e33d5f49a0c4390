"""Many rows under one savepoint; when they are refused, halves, until the bad one is alone."""

from collections.abc import Callable

from psycopg2 import DatabaseError, DataError, IntegrityError

from odoo.exceptions import ConcurrencyError, UserError

from .row import Row


def load_in_halves(env, rows: list[Row], load: Callable[[list[Row]], None]) -> None:
    """Call ``load`` on all rows at once, and on ever smaller parts if it is refused.

    Args:
        env: Odoo environment.
        rows: What to load; each ends with an outcome.
        load: Writes the rows it is given and sets their outcomes. It may be called several
            times for a row, each time from a clean savepoint.

    Raises:
        ConcurrencyError: Another load brought the same keys; Odoo replays the call.
        psycopg2.OperationalError: Serialization failure or lock; Odoo replays the call.
    """
    if not rows:
        return
    try:
        with env.cr.savepoint():
            load(rows)
    except (UserError, IntegrityError, DataError, ValueError) as error:
        if isinstance(error, IntegrityError):
            replay_if_ours(env, error)
        if len(rows) == 1:
            rows[0].fail("refused_by_odoo", _sentence(env, error))
            return
        middle = len(rows) // 2
        load_in_halves(env, rows[:middle], load)
        load_in_halves(env, rows[middle:], load)


def replay_if_ours(env, error: IntegrityError) -> None:
    """Raise ConcurrencyError if ``error`` says that another load came first.

    A model names its keys in ``_idempotency_keys``. Duplicates within a bundle and those already
    here are sorted out before any insert, so breaking one means that another load came in between.
    """
    if error.diag.constraint_name in idempotency_keys(env):
        raise ConcurrencyError("Another load brought the same records first.") from error


def idempotency_keys(env) -> set[str]:
    """Return the keys that make loads idempotent, by their names in the database."""
    return {
        f"{model._table}_{key}"
        for model in env.registry.values()
        for key in getattr(model, "_idempotency_keys", ())
    }


def _sentence(env, error: Exception) -> str:
    """Return what Odoo says, in the words it has for people."""
    if not isinstance(error, DatabaseError):
        return str(error)
    table = error.diag.table_name
    names = (model._name for model in env.registry.values() if model._table == table)
    return env[next(names, "base")]._sql_error_to_message(error)
