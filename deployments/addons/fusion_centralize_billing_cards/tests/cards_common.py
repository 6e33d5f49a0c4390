"""Cards for tests: a Stripe that is enabled, and tokens for accounts, loaded as the flow does."""

from odoo.addons.fusion_centralize_billing.tests.common import SERVICE


def enable_stripe(env, company):
    """Enable the company's Stripe with keys that nobody has."""
    provider = env["payment.provider"].search(
        [("code", "=", "stripe"), ("company_id", "=", company.id)], limit=1
    )
    provider.write(
        {"stripe_publishable_key": "pk_test", "stripe_secret_key": "sk_test", "state": "enabled"}
    )
    return provider


def make_card(**changes):
    """Return a card as the flow tells of it."""
    return {
        "payment_method": "pm_1",
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": 2030,
        **changes,
    }


def load_cards(wizard, links, **changes):
    """Load the same card for each account, as the flow does."""
    rows = [
        {
            "account": link.external_id,
            "stripe_customer": link.stripe_customer_id,
            "card": make_card(**changes),
        }
        for link in links
    ]
    return wizard.load_cards({"service": SERVICE, "rows": rows})
