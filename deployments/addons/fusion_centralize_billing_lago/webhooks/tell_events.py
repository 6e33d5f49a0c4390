"""Events that no charge will ever count: told hourly, as Lago does, each once."""

from odoo.tools import SQL

from . import told

_MOST = 1000


def tell_errors(env, services=None) -> int:
    """Tell live services of events with a code that is none; return how many there were."""
    domain = [("phase", "=", "live")]
    if services is not None:
        domain.append(("id", "in", services))
    live = env["fusion.billing.service"].sudo().search(domain)
    return sum(_tell(service) for service in live)


def _tell(service) -> int:
    before = told.read(service, service).get(service.id, told.Told())
    since = int(before.digest or 0)
    rows = service.env.execute_query(
        SQL(
            """
            SELECT event.id, event.transaction_id, event.code, metric.id IS NULL,
                metric.field_name IS NOT NULL AND NOT event.properties ? metric.field_name
            FROM fusion_billing_event event
            LEFT JOIN fusion_billing_metric metric ON metric.active
                AND metric.service_id IS NOT DISTINCT FROM %(service)s
                AND metric.code = event.code
            WHERE event.service_id = %(service)s AND event.id > %(since)s
                AND event.created_at < now() AT TIME ZONE 'UTC' - INTERVAL '1 minute'
                AND NOT EXISTS (
                    SELECT FROM fusion_billing_metric house WHERE house.active
                        AND house.service_id IS NULL AND house.code = event.code
                )
            ORDER BY event.id LIMIT %(most)s
            """,
            service=service.id,
            since=since,
            most=_MOST,
        )
    )
    if not rows:
        return 0
    told.keep(service, service, before.now(digest=str(rows[-1][0])))
    unknown = [transaction for _id, transaction, _code, missing, _lacks in rows if missing]
    lacking = [transaction for _id, transaction, _code, missing, lacks in rows if lacks]
    if unknown or lacking:
        content = {
            "invalid_code": unknown,
            "missing_aggregation_property": lacking,
            "invalid_filter_values": [],
            "missing_group_key": [],
        }
        service.env["fusion.billing.webhook"]._emit(service, "events.errors", service, content)
    return len(unknown) + len(lacking)
