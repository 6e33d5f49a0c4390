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
    status = "paying" if link.stripe_customer_id else "here"
    now = before.now(status=status, digest=told.digest_of(content, without=("updated_at",)))
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
    if status == "paying" != before.status:
        link.env["fusion.billing.webhook"]._emit(
            service, "customer.payment_provider_created", link, content, link=link
        )
