{
    "name": "Subscriptions (Community stand-in)",
    "summary": "Subscriptions that behave as the real app is publicly known to",
    "version": "19.0.2.0.0",
    "category": "Sales/Subscriptions",
    "license": "LGPL-3",
    "author": "NexaSystems",
    "depends": ["sale_management", "payment"],
    "data": [
        "security/ir.model.access.csv",
        "data/ir_cron.xml",
        "views/sale_subscription_plan_views.xml",
        "views/sale_order_views.xml",
        "views/product_template_views.xml",
    ],
    "post_init_hook": "set_deferred_accounts",
}
