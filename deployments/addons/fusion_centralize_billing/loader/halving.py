"""Many rows under one savepoint; when they are refused, halves, until the bad one is alone."""

from collections.abc import Callable

from odoo.exceptions import ConcurrencyError, UserError
from psycopg2 import DatabaseError, DataError, IntegrityError

from .row import Row

# The keys that make a load idempotent. Duplicates within a bundle and those already here
# are sorted out before any insert, so breaking one means that another load came in between.
OUR_KEYS = frozenset(
    {
        "fusion_billing_account_link_external_uniq",
        "fusion_billing_plan_code_uniq",
        "fusion_billing_plan_external_uniq",
        "fusion_billing_charge_plan_metric_uniq",
        "fusion_billing_import_bundle_key_uniq",
        "fusion_billing_import_run_key_uniq",
        "fusion_billing_approval_key_uniq",
        "fusion_billing_cutover_key_uniq",
        "fusion_billing_cycle_key_uniq",
        "fusion_billing_reconciliation_line_uniq",
        "fusion_billing_reconciliation_run_key_uniq",
        "sale_order_fc_external_uniq",
    }
)


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
            replay_if_ours(error)
        if len(rows) == 1:
            rows[0].fail("refused_by_odoo", _sentence(env, error))
            return
        middle = len(rows) // 2
        load_in_halves(env, rows[:middle], load)
        load_in_halves(env, rows[middle:], load)


def replay_if_ours(error: IntegrityError) -> None:
    """Raise ConcurrencyError if ``error`` says that another load came first."""
    if error.diag.constraint_name in OUR_KEYS:
        raise ConcurrencyError("Another load brought the same records first.") from error


def _sentence(env, error: Exception) -> str:
    """Return what Odoo says, in the words it has for people."""
    if not isinstance(error, DatabaseError):
        return str(error)
    table = error.diag.table_name
    names = (model._name for model in env.registry.values() if model._table == table)
    return env[next(names, "base")]._sql_error_to_message(error)
