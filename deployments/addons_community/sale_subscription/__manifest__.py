{
    "name": "Subscriptions (Community stand-in)",
    "summary": "The models and fields of subscriptions, for developing on Community",
    "version": "19.0.1.0.0",
    "category": "Sales/Subscriptions",
    "license": "LGPL-3",
    "author": "NexaSystems",
    "depends": ["sale_management", "payment"],
    "data": [
        "security/ir.model.access.csv",
        "views/sale_subscription_plan_views.xml",
        "views/sale_order_views.xml",
        "views/product_template_views.xml",
    ],
}
