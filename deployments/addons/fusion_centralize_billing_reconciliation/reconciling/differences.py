"""The stored differences of a service, each with the decision that settles it."""

from datetime import datetime
from decimal import Decimal

from odoo.tools import SQL

from .decisions import Decided, Difference, settle

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
    settle(found, holding(env, service))
    return found


def differences(
    env, service, since: datetime, until: datetime, customers: list[str] | None = None
) -> list[Difference]:
    """Return the differences of lines that begin in a window of whole cycles.

    ``customers`` are the account ids that are looked at; None: all.
    """
    condition = SQL("line.period_start >= %s AND line.period_start < %s", since, until)
    if customers is not None:
        condition = SQL("%s AND COALESCE(line.customer, '') = ANY(%s)", condition, customers)
    return find(env, service, condition)


def holding(env, service) -> list[Decided]:
    """Return the decisions of a service that hold now."""
    decisions = env["fusion.billing.decision"].sudo().search(
        [("service_id", "=", service.id), ("state", "=", "holds")]
    )  # fmt: skip
    return [decision._decided() for decision in decisions]
