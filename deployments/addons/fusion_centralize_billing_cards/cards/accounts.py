"""The accounts of a service, as far as their cards are concerned."""

from odoo.tools import SQL


def page_of_accounts(env, service, after_id: int, limit: int) -> dict:
    """Return a page of accounts by the id of their link.

    ``first_invoice_on`` is the latest day on which a subscription of theirs is invoiced for the
    first time; None without a subscription.
    """
    query = SQL(
        """
        SELECT link.id, link.external_id, link.stripe_customer_id, link.billing_state = 'live',
               COALESCE(link.pays_by_invoice, false), link.payment_provider,
               max(so.next_invoice_date), count(so.id)
        FROM fusion_billing_account_link link
        LEFT JOIN sale_order so ON so.x_fc_account_link_id = link.id AND so.state != 'cancel'
            AND so.x_fc_service_id = link.service_id
        WHERE link.service_id = %s AND link.id > %s
        GROUP BY link.id ORDER BY link.id LIMIT %s
        """,
        service.id,
        after_id,
        limit,
    )
    found = env.execute_query(query)
    rows = [
        {
            "account": account,
            "stripe_customer": stripe_customer or None,
            "live": live,
            "pays_by_invoice": by_invoice,
            "payment_provider": provider or None,
            "first_invoice_on": first and first.isoformat(),
            "subscriptions": subscriptions,
        }
        for _id, account, stripe_customer, live, by_invoice, provider, first, subscriptions in found
    ]
    return {"rows": rows, "next_after_id": found[-1][0] if len(found) == limit else None}
