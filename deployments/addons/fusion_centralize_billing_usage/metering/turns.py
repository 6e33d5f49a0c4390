"""Turns: who meters or bills a running subscription waits for whoever does so already.

A transaction sees what was there when it began. Loading usage and billing it would therefore
fail each other, again and again while both go on, if they only met at the order's row. So each
first waits here, and only then begins the transaction in which it works.
"""

from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo.tools import SQL


def take_turns(env, order_ids) -> None:
    """Wait for the subscriptions' turns and begin the transaction anew; hold them to its end.

    To be called by what answers a remote call, before it reads what it decides by: records
    stay, what was read of them is read again. A transaction that has written something stays
    as it is, without a turn: ``touch`` then still keeps usage and bill from passing each
    other unseen, at the price of a replay.

    Args:
        env: Environment of the call.
        order_ids: Running subscriptions; none for shadows, which nobody bills.

    Raises:
        psycopg2.OperationalError: The wait was cut short; Odoo replays the call.
    """
    if not order_ids or _has_written(env):
        return
    ids = sorted(order_ids)
    # Odoo's own transaction cannot wait: what it sees dates from before the wait.
    turns = env.registry.cursor()
    try:
        turns.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
        turns.execute(
            SQL(
                """
                INSERT INTO fusion_billing_turn (subscription_id)
                SELECT id FROM unnest(%s) AS id ORDER BY id ON CONFLICT DO NOTHING
                """,
                ids,
            )
        )
        turns.commit()
        # All in one order: two calls never wait for each other in a circle.
        turns.execute(
            SQL(
                """
                SELECT FROM fusion_billing_turn WHERE subscription_id = ANY(%s)
                ORDER BY subscription_id FOR UPDATE
                """,
                ids,
            )
        )
        env.cr.rollback()
    except BaseException:
        turns.close()
        raise
    env.cr.postcommit.add(turns.close)
    env.cr.postrollback.add(turns.close)


def touch(env, order_ids) -> None:
    """Note on running subscriptions that their usage changes or is billed in this transaction.

    Loading usage and billing it must not pass each other unseen. Both therefore write the
    order first: who comes second gets a serialization failure, and Odoo replays that call on
    what the first has left. Calls that have waited for their turn do not get
    that far. Shadows are never billed and need none of this.

    Raises:
        psycopg2.errors.SerializationFailure: The other one came first; must not be caught.
    """
    if not order_ids:
        return
    # Locked in one order, so that two calls do not wait for each other.
    env.cr.execute(
        SQL(
            """
            UPDATE sale_order SET x_fc_usage_changed_at = now() AT TIME ZONE 'UTC'
            WHERE id IN (
                SELECT id FROM sale_order WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
            )
            """,
            list(order_ids),
        )
    )
    env["sale.order"].browse(order_ids).invalidate_recordset(["x_fc_usage_changed_at"])


def _has_written(env) -> bool:
    env.flush_all()
    ((written,),) = env.execute_query(SQL("SELECT pg_current_xact_id_if_assigned() IS NOT NULL"))
    return written
