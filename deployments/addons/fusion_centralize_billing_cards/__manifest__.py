{
    "name": "Centralized Billing: Cards",
    "summary": "Cards of Stripe's customers, known to Odoo before it bills anybody",
    "version": "19.0.2.0.0",
    "development_status": "Beta",
    "category": "Sales/Subscriptions",
    "license": "LGPL-3",
    "author": "NexaSystems",
    "maintainers": ["nexasystems"],
    # Stripe comes along with the base.
    "auto_install": ["fusion_centralize_billing"],
    "depends": ["fusion_centralize_billing", "payment_stripe"],
    "data": ["views/fusion_billing_account_link_views.xml"],
}
