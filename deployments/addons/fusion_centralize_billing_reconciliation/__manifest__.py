{
    "name": "Centralized Billing: Reconciliation",
    "summary": "What Odoo bills against what was billed elsewhere, and each difference",
    "version": "19.0.2.0.0",
    "development_status": "Beta",
    "category": "Sales/Subscriptions",
    "license": "LGPL-3",
    "author": "NexaSystems",
    "maintainers": ["nexasystems"],
    "auto_install": True,
    "depends": ["fusion_centralize_billing_usage"],
    "data": [
        "security/fusion_billing_rules.xml",
        "security/ir.model.access.csv",
        "views/fusion_billing_reconciliation_views.xml",
        "views/fusion_billing_decision_views.xml",
        "views/menus.xml",
    ],
}
