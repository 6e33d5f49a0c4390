"""From one addon to five: what moved into another addon is that addon's from here on.

Names of models, fields, tables and columns stay, and so do all records; only their owner in Odoo's
own tables changes. The four addons count as installed in the version that they were a part of:
Odoo upgrades them next, so that settings which people changed (a scheduled action switched on, a
record rule) stay as they are, as in any upgrade.
"""

from odoo.tools import SQL

OLD = "fusion_centralize_billing"
USAGE, LAGO = f"{OLD}_usage", f"{OLD}_lago"
RECONCILIATION, CUTOVER = f"{OLD}_reconciliation", f"{OLD}_cutover"

MODELS = {
    USAGE: (
        "fusion.billing.usage",
        "fusion.billing.usage.correction",
        "fusion.billing.usage.threshold",
        "fusion.billing.rating",
        "fusion.billing.turn",
        "fusion.billing.event",
    ),
    LAGO: (
        "fusion.billing.webhook",
        "fusion.billing.webhook.endpoint",
        "fusion.billing.webhook.attempt",
        "fusion.billing.webhook.told",
        "fusion.billing.api.key",
        "fusion.billing.api.key.wizard",
        "fusion.billing.api.key.shown",
    ),
    RECONCILIATION: (
        "fusion.billing.reconciliation",
        "fusion.billing.reconciliation.run",
        "fusion.billing.reconciliation.trail",
        "fusion.billing.reconciliation.resolve",
    ),
    CUTOVER: (
        "fusion.billing.cycle",
        "fusion.billing.cutover",
        "fusion.billing.approval",
        "fusion.billing.cutover.move",
    ),
}
# Fields that moved, of models that stay: (model, field).
FIELDS = {
    USAGE: (
        ("fusion.billing.service", "usage_metered_until"),
        ("fusion.billing.service", "events_checked_at"),
        ("sale.order", "x_fc_usage_changed_at"),
        ("sale.order", "x_fc_usage_count"),
        ("sale.order", "x_fc_rating_count"),
    ),
    LAGO: (
        ("fusion.billing.service", "api_key_ids"),
        ("fusion.billing.service", "webhook_endpoint_ids"),
        ("fusion.billing.service", "webhook_url"),
        ("fusion.billing.service", "webhook_secret"),
        ("fusion.billing.service", "webhook_public_key"),
        ("fusion.billing.service", "webhook_private_key"),
        ("fusion.billing.account.link", "api_values"),
        ("fusion.billing.account.link", "deleted_at"),
        ("fusion.billing.plan", "api_values"),
    ),
    RECONCILIATION: (),
    CUTOVER: (("fusion.billing.account.link", "cutover_id"),),
}
# Records about models that stay, and menus, which are about none: by name.
NAMES = {
    USAGE: (
        "sale_order_view_form_usage",
        "menu_metering",
        "menu_ratings",
        "menu_usage",
        "menu_usage_corrections",
        "menu_usage_thresholds",
        "menu_events",
    ),
    LAGO: (
        "fusion_billing_service_view_form_api_keys",
        "fusion_billing_service_view_form_webhooks",
        "menu_webhooks",
        "menu_webhook_outbox",
        "menu_webhook_endpoints",
    ),
    RECONCILIATION: (
        "menu_reconciliation_root",
        "menu_reconciliation",
        "menu_reconciliation_runs",
    ),
    CUTOVER: (
        "fusion_billing_account_link_view_list_cutover",
        "fusion_billing_account_link_view_form_cutover",
        "fusion_billing_account_link_view_search_cutover",
        "sale_order_view_form_cutover",
        "fusion_billing_service_view_list_cutover",
        "menu_cutover_root",
        "menu_cycles",
        "menu_cutovers",
        "menu_approvals",
    ),
}
# Which records are about a model: their kind, and how their ids are found by the model's name.
ABOUT = {
    "ir.model": "SELECT id FROM ir_model WHERE model IN %s",
    "ir.model.fields": "SELECT id FROM ir_model_fields WHERE model IN %s",
    "ir.model.fields.selection": (
        "SELECT value.id FROM ir_model_fields_selection value "
        "JOIN ir_model_fields field ON field.id = value.field_id WHERE field.model IN %s"
    ),
    "ir.model.inherit": (
        "SELECT one.id FROM ir_model_inherit one "
        "JOIN ir_model model ON model.id = one.model_id WHERE model.model IN %s"
    ),
    "ir.model.constraint": (
        "SELECT one.id FROM ir_model_constraint one "
        "JOIN ir_model model ON model.id = one.model WHERE model.model IN %s"
    ),
    "ir.model.access": (
        "SELECT one.id FROM ir_model_access one "
        "JOIN ir_model model ON model.id = one.model_id WHERE model.model IN %s"
    ),
    "ir.rule": (
        "SELECT one.id FROM ir_rule one "
        "JOIN ir_model model ON model.id = one.model_id WHERE model.model IN %s"
    ),
    "ir.actions.server": (
        "SELECT one.id FROM ir_act_server one "
        "JOIN ir_model model ON model.id = one.model_id WHERE model.model IN %s"
    ),
    "ir.cron": (
        "SELECT cron.id FROM ir_cron cron JOIN ir_act_server one "
        "ON one.id = cron.ir_actions_server_id "
        "JOIN ir_model model ON model.id = one.model_id WHERE model.model IN %s"
    ),
    "ir.actions.act_window": "SELECT id FROM ir_act_window WHERE res_model IN %s",
    "ir.ui.view": "SELECT id FROM ir_ui_view WHERE model IN %s",
}


def migrate(cr, version):
    """Give each addon what is its own; ``version`` is the one that the database has."""
    for addon, models in MODELS.items():
        for kind, ids in ABOUT.items():
            _move(cr, addon, SQL("model = %s AND res_id IN (%s)", kind, SQL(ids, models)))
        of_models = SQL("one.model IN (SELECT id FROM ir_model WHERE model IN %s)", models)
        _reassign(cr, addon, SQL("ir_model_constraint"), of_models)
        _reassign(cr, addon, SQL("ir_model_relation"), of_models)
        for model, field in FIELDS[addon]:
            query = "SELECT id FROM ir_model_fields WHERE model = %s AND name = %s"
            ids = SQL(query, model, field)
            _move(cr, addon, SQL("model = 'ir.model.fields' AND res_id IN (%s)", ids))
            key = f"{model.replace('.', '_')}_{field}_fkey"
            _reassign(cr, addon, SQL("ir_model_constraint"), SQL("one.name = %s", key))
        _move(cr, addon, SQL("name IN %s", NAMES[addon]))
        cr.execute(
            SQL(
                "UPDATE ir_module_module SET state = 'to upgrade', latest_version = %s "
                "WHERE name = %s",
                version,
                addon,
            )
        )


def _move(cr, addon: str, condition: SQL) -> None:
    """Let external ids of the old addon be the new one's."""
    cr.execute(
        SQL("UPDATE ir_model_data SET module = %s WHERE module = %s AND %s", addon, OLD, condition)
    )


def _reassign(cr, addon: str, table: SQL, condition: SQL) -> None:
    """Let constraints, or the tables of relations, of the old addon be the new one's."""
    cr.execute(
        SQL(
            """
            UPDATE %s one SET module = new.id FROM ir_module_module new, ir_module_module old
            WHERE new.name = %s AND old.name = %s AND one.module = old.id AND %s
            """,
            table,
            addon,
            OLD,
            condition,
        )
    )
