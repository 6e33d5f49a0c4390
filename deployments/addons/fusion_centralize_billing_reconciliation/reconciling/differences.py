"""The stored differences of a service, each with the decision that settles it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from odoo.tools import SQL

from .batch import LongPeriod
from .decisions import Difference, settle
from .long_periods import of_long_periods

# How far the amounts that are known lie apart, and their taxes; what nobody has is 0, what is
# unknown is left out.
STAKE = SQL(
    """
    GREATEST(line.odoo_amount, line.external_amount, line.expected_amount)
    - LEAST(line.odoo_amount, line.external_amount, line.expected_amount)
    + COALESCE(
        ABS(line.odoo_tax_rate::numeric - line.external_tax_rate::numeric) / 100
        * GREATEST(ABS(line.odoo_amount), ABS(line.external_amount)), 0)
    """
)
FIGURES = SQL(
    """
    concat_ws('|', line.outcome, line.odoo_amount::text, line.external_amount::text,
              COALESCE(line.expected_amount::text, '-'), line.currency_id,
              COALESCE(line.odoo_tax_rate, '-'), COALESCE(line.external_tax_rate, '-'))
    """
)


def find(env, service, condition: SQL) -> list[Difference]:
    """Return the differences for which ``condition`` holds (of ``line``), decided or open."""
    env.flush_all()
    query = SQL(
        """
        SELECT line.id, line.customer, date_trunc('month', line.period)::date, line.item,
               COALESCE(line.cause, ''), COALESCE(line.cause_name, ''),
               COALESCE(line.wrong_side, 'open'), line.currency_id,
               (%(stake)s)::text, %(figures)s,
               CASE WHEN line.cause = 'currency' AND line.outcome = 'delta' THEN 2 ELSE 1 END
        FROM fusion_billing_reconciliation line
        WHERE line.service_id = %(service)s AND line.status != 'match' AND %(condition)s
        ORDER BY line.id
        """,
        stake=STAKE,
        figures=FIGURES,
        service=service.id,
        condition=condition,
    )
    found = [
        Difference(key, customer or "", *rest, Decimal(stake), figures, lines)
        for key, customer, *rest, stake, figures, lines in env.execute_query(query)
    ]
    holding = [("service_id", "=", service.id), ("state", "=", "holds")]
    decisions = env["fusion.billing.decision"].sudo().search(holding)
    settle(found, [decision._decided() for decision in decisions])
    return found


def differences(
    env,
    service,
    since: datetime,
    until: datetime,
    customers: list[str] | None = None,
    long_periods: Sequence[LongPeriod] = (),
) -> list[Difference]:
    """Return the differences of lines that begin in a window of whole cycles.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        since: First moment of the window.
        until: Its end.
        customers: The account ids that are looked at; None: all.
        long_periods: Periods beyond the window whose prices are looked at too.
    """
    condition = SQL("line.period_start >= %s AND line.period_start < %s", since, until)
    if long_periods:
        condition = SQL("(%s OR %s)", condition, of_long_periods(long_periods))
    if customers is not None:
        condition = SQL("%s AND COALESCE(line.customer, '') = ANY(%s)", condition, customers)
    return find(env, service, condition)
