"""The usage rows under ledger lines, for whoever asks how a quantity came about."""

import json
from collections import defaultdict

from odoo import _
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.loader.arguments import read_moment
from odoo.addons.fusion_centralize_billing.loader.row import InvalidRowError
from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import orders_of

MAX_KEYS = 1_000
MAX_ROWS = 200_000


def usage_rows(env, service, keys: object) -> list[list[str]]:
    """Return the usage that begins in each key's time: subscription, metric, bounds, quantity.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        keys: Lists of the subscription's id at the service, the metric's code and two ISO
            times. What Odoo does not know has no rows.

    Raises:
        UserError: The keys are malformed, too many, or have too many rows.
    """
    asked = _read(keys)
    orders = defaultdict(list)
    for source_id, order_id, _partner in orders_of(service, {key["subscription"] for key in asked}):
        orders[source_id].append(order_id)
    wanted = [
        {**key, "order_id": order_id} for key in asked for order_id in orders[key["subscription"]]
    ]
    query = SQL(
        """
        SELECT key.subscription, metric.code,
               to_char(usage.period_start, %(iso)s), to_char(usage.period_end, %(iso)s),
               trim_scale(usage.quantity)::text
        FROM json_to_recordset(%(keys)s) AS key (
            ix int, order_id int, subscription text, metric text, since timestamp, until timestamp
        )
        JOIN fusion_billing_metric metric ON metric.code = key.metric
        JOIN fusion_billing_usage usage
            ON usage.subscription_id = key.order_id AND usage.metric_id = metric.id
            AND usage.period_start >= key.since AND usage.period_start < key.until
        ORDER BY key.ix, usage.period_start, usage.id
        LIMIT %(limit)s
        """,
        iso='YYYY-MM-DD"T"HH24:MI:SS"Z"',
        keys=json.dumps(wanted),
        limit=MAX_ROWS + 1,
    )
    rows = [list(row) for row in env.execute_query(query)]
    if len(rows) > MAX_ROWS:
        raise UserError(
            env._(
                "These keys have more than %(max_rows)s usage rows; ask for fewer keys.",
                max_rows=MAX_ROWS,
            )
        )
    return rows


def _read(keys: object) -> list[dict]:
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise UserError(_("Keys are a list of at most %(max_keys)s.", max_keys=MAX_KEYS))
    asked = []
    for number, key in enumerate(keys):
        if not isinstance(key, list) or len(key) != 4 or not all(type(c) is str for c in key):
            raise UserError(_("A key is [subscription, metric, from, to], all texts."))
        subscription, metric, *window = key
        try:
            since, until = (str(read_moment(moment)) for moment in window)
        except InvalidRowError as refused:
            raise UserError(
                _("Key %(number)s: %(message)s", number=number, message=refused.message)
            ) from None
        cells = {"subscription": subscription, "metric": metric, "since": since, "until": until}
        asked.append({"ix": number, **cells})
    return asked
