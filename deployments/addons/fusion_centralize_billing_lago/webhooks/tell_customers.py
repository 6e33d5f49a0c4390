"""Customers of live services that come and change."""

from ..api.objects import CUSTOMER
from . import told


def tell(links) -> None:
    """Tell of accounts of live services what has become of them.

    A service that is not live yet has its own books: its accounts are copies, and not told of.
    """
    live = links.filtered(lambda one: one.service_id.phase == "live")
    for service, its_links in live.grouped("service_id").items():
        known = told.read(its_links, service)
        for link in its_links.sorted("id"):
            _tell_one(link, service, known.get(link.id, told.Told()))


def tell_partners(partners) -> None:
    """Tell of the accounts that these contacts are billed for."""
    links = partners.env["fusion.billing.account.link"]
    tell(links.search([("partner_id", "in", partners.ids), ("service_id.phase", "=", "live")]))


def _tell_one(link, service, before) -> None:
    content = CUSTOMER.show(link)
    now = before.now(status="here", digest=told.digest_of(content, without=("updated_at",)))
    if now == before:
        return
    told.keep(link, service, now)
    # An account that is older than its service's going live is no new one.
    is_new = not before.status and link.create_date == link.env.cr.now()
    link.env["fusion.billing.webhook"]._emit(
        service,
        "customer.created" if is_new else "customer.updated",
        link,
        content,
        link=link,
    )


def tell_cards(tokens) -> None:
    """Tell that customers of live services have left a card: their provider knows them."""
    links = tokens.env["fusion.billing.account.link"].search(
        [("partner_id", "in", tokens.partner_id.ids), ("service_id.phase", "=", "live")]
    )
    for link in links.filtered(lambda one: one._keeps_contact()).sorted("id"):
        link.env["fusion.billing.webhook"]._emit(
            link.service_id,
            "customer.payment_provider_created",
            link,
            CUSTOMER.show(link),
            link=link,
        )
