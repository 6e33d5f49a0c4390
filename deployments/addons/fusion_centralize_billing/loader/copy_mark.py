"""A mark of a service's copy: as long as it is the same, a load would find the same."""

from odoo.tools import SQL

from .fingerprint import LOADER_VERSION
from .writing import listed

_OWN = "fusion_centralize_billing"
# Changed by whatever is noted on a record, also by what is none of the copy's.
_NOT_TOLD = frozenset({"write_date", "write_uid"})
# What a load writes of a contact; the rest is the business of whoever keeps contacts.
_CONTACT = [
    *("id", "active", "name", "is_company", "company_name", "email", "phone"),
    *("street", "city", "zip", "state_id", "country_id"),
]
_ORDERS = "SELECT id FROM sale_order WHERE x_fc_service_id = %s"
#: Models, and which of their records are the service's.
_OF_SERVICE = {
    "fusion.billing.account.link": "service_id = %s",
    "fusion.billing.plan": "service_id = %s",
    "fusion.billing.charge": "service_id = %s",
    "fusion.billing.charge.tier": (
        "charge_id IN (SELECT id FROM fusion_billing_charge WHERE service_id = %s)"
    ),
    "fusion.billing.tax.code": "service_id = %s",
    "sale.order": "x_fc_service_id = %s",
    "sale.order.line": f"order_id IN ({_ORDERS})",
}


def copy_mark(service) -> str:
    """Return the mark; PostgreSQL makes it, of values, so that every edit changes it.

    Two sums of 64-bit hashes over the rows, in no order: linear, and nothing is sorted. What
    other addons of this product note on the records is left out: metering and dual runs write
    it every night, and a load never looks at it.

    Args:
        service: The ``fusion.billing.service``, all written down.
    """
    env = service.env
    parts = [_rows(env, model, SQL(where, service.id)) for model, where in _OF_SERVICE.items()]
    parts += _around(env, service)
    query = SQL(
        """
        SELECT count(*), sum(hashtextextended(told COLLATE "C", 0)::numeric),
               sum(hashtextextended(told COLLATE "C", 1)::numeric)
        FROM (%s) part(told)
        """,
        SQL(" UNION ALL ").join(parts),
    )
    ((*sums,),) = env.execute_query(query)
    return "-".join(map(str, (LOADER_VERSION, *sums)))


def _rows(env, model: str, where: SQL) -> SQL:
    fields = env[model]._fields.values()
    names = [each.name for each in fields if each.store and each.column_type and _is_told(each)]
    return _select(env[model]._table, names, where)


def _is_told(field) -> bool:
    modules = field._modules
    by_others = modules and all(module.startswith(f"{_OWN}_") for module in modules)
    return field.name not in _NOT_TOLD and not by_others


def _around(env, service) -> list[SQL]:
    """Select what else decides: contacts, taxes of lines, metrics, currencies, the service."""
    taxes = env["sale.order.line"]._fields["tax_ids"]
    linked = "id IN (SELECT partner_id FROM fusion_billing_account_link WHERE service_id = %s)"
    of_lines = SQL(
        "%s IN (SELECT id FROM sale_order_line WHERE %s)",
        SQL.identifier(taxes.column1),
        SQL(_OF_SERVICE["sale.order.line"], service.id),
    )
    rated = SQL("id IN (SELECT currency_id FROM res_currency_rate)")
    itself = SQL("id = %s", service.id)
    return [
        _select("res_partner", _CONTACT, SQL(linked, service.id)),
        _select(taxes.relation, [taxes.column1, taxes.column2], of_lines),
        _select("fusion_billing_metric", ["id", "code"], SQL("TRUE")),
        _select("res_currency", ["id", "active"], rated),
        _select("fusion_billing_service", ["id", "active", "phase", "company_id"], itself),
    ]


def _select(table: str, columns: list[str], where: SQL) -> SQL:
    told, source = listed(sorted(columns)), SQL.identifier(table)
    return SQL("SELECT %s || ROW(%s)::text FROM %s WHERE %s", table, told, source, where)
