{
    "name": "Centralized Billing: Cutover",
    "summary": "From a dual run to live, customer by customer, approved and reversible",
    "version": "19.0.2.0.0",
    "development_status": "Beta",
    "category": "Sales/Subscriptions",
    "license": "LGPL-3",
    "author": "NexaSystems",
    "maintainers": ["nexasystems"],
    "auto_install": True,
    "depends": ["fusion_centralize_billing_reconciliation"],
    "data": [
        "security/fusion_billing_rules.xml",
        "security/ir.model.access.csv",
        "views/fusion_billing_cycle_views.xml",
        "views/fusion_billing_cutover_views.xml",
        "views/menus.xml",
    ],
}
