"""What Odoo Enterprise's accounting brings along, and Community's does not."""


def set_deferred_accounts(env):
    """Give each company accounts for deferred revenue and expenses: invoicing asks for them."""
    companies = env["res.company"].search([("chart_template", "!=", False)])
    for company in companies:
        accounts = env["account.account"].with_company(company)
        for field, name, kind, code in (
            ("deferred_revenue_account_id", "Deferred Revenue", "liability_current", "2499"),
            ("deferred_expense_account_id", "Deferred Expense", "asset_current", "1499"),
        ):
            if not company[field]:
                values = {"name": name, "account_type": kind, "company_ids": [(6, 0, company.ids)]}
                code = accounts._search_new_account_code(code)
                company[field] = accounts.create({**values, "code": code})
