"""Settings of Odoo that decide whether customers are billed, closed or bothered."""

from odoo.tools import SQL

from .conditions import Gate, gate_of

_ACCOUNTS = ("deferred_revenue_account_id", "deferred_expense_account_id")


def odoo_settings(env, service) -> list[Gate]:
    """Return the gate's conditions about plans, products and the company.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
    """
    return [
        _recurring_plans(env),
        invoice_policy(env, service),
        deferred_accounts(service.company_id),
    ]


def _recurring_plans(env) -> Gate:
    broken = env["sale.subscription.plan"]._fc_own()._fc_faults()
    good = "Our recurring plans close, charge and bother nobody on their own."
    return gate_of("recurring_plans", broken, good, "settings of recurring plans must be mended.")


def invoice_policy(env, service) -> Gate:
    """Say whether every product of the service is billed by what was ordered."""
    query = SQL(
        """
        SELECT DISTINCT plan.code FROM fusion_billing_plan plan
        JOIN product_product product
            ON product.id IN (plan.flat_product_id, plan.overage_product_id)
        JOIN product_template template ON template.id = product.product_tmpl_id
        WHERE plan.service_id = %s AND template.invoice_policy IS DISTINCT FROM 'order'
        ORDER BY plan.code
        """,
        service.id,
    )
    broken = [code for (code,) in env.execute_query(query)]
    good = "Every plan is billed by what was ordered."
    bad = "plans are billed by what was delivered, that is never: load again."
    return gate_of("invoice_policy", broken, good, bad)


def deferred_accounts(company) -> Gate:
    """Say whether the company has the accounts that invoices of subscriptions need."""
    known = [name for name in _ACCOUNTS if name in company._fields]
    broken = [company._fields[name].string for name in known if not company[name]]
    good = "The company has accounts for deferred revenue and expenses."
    bad = "accounts that invoices of subscriptions need are not set."
    return gate_of("deferred_accounts", broken, good, bad)
