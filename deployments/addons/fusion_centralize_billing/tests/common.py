from uuid import NAMESPACE_URL, uuid5

from odoo import fields
from odoo.tests import TransactionCase

from .scheduled import run_invoice_action, uncommitted

SERVICE = "nexacloud"


def source_id(name):
    """Return a UUID that is the same in every test run."""
    return str(uuid5(NAMESPACE_URL, name))


def make_charge(**changes):
    return {
        "metric": "cpu_seconds",
        "included_quota": "360000",
        "unit_batch": 3600,
        "price_per_unit": "0.0075",
        "charge_model": "standard",
        "currency": "USD",
        **changes,
    }


def make_plan(code="pro-monthly", **changes):
    return {
        "external_id": source_id(f"plan {code}"),
        "code": code,
        "name": "Pro × 2",
        "currency": "USD",
        "active": True,
        "flat_prices": {"monthly": "49.00", "yearly": None},
        "charges": [make_charge()],
        **changes,
    }


def make_order(name="web", plan_code="pro-monthly", **changes):
    return {
        "external_id": source_id(f"deployment {name}"),
        "subscription_id": source_id(f"subscription {name}"),
        "deployment_id": source_id(f"deployment {name}"),
        "plan_id": source_id(f"plan {plan_code}"),
        "plan_code": plan_code,
        "name": name,
        "cycle": "monthly",
        "price": "49.00",
        "currency": "USD",
        "started_on": "2025-03-14",
        "period_start": "2026-01-14",
        "period_end": "2026-02-14",
        **changes,
    }


def make_customer(name="Zoé", orders=(), **changes):
    return {
        "external_id": source_id(f"user {name}"),
        "name": name,
        "email": f"{source_id(name)[:8]}@nexa.example",
        "company_name": None,
        "phone": None,
        "street": "1 King Street",
        "city": "Toronto",
        "region": "ON",
        "postal_code": "M5H 1A1",
        "country_code": "CA",
        "stripe_customer_id": "cus_1",
        "active": True,
        "orders": list(orders),
        **changes,
    }


def make_bundle(customers=(), plans=None, **changes):
    return {
        "format": 1,
        "service": SERVICE,
        "run": None,
        "key": "0001",
        "mapping_version": 1,
        "dry_run": False,
        "full_compare": False,
        "plans": [make_plan()] if plans is None else plans,
        "customers": list(customers),
        **changes,
    }


class LoadCase(TransactionCase):
    """Loads bundles as a user who may import and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.env.ref("fusion_centralize_billing.service_nexacloud")
        # The company's currency depends on the database the tests run on.
        cls.currency = cls.service.company_id.currency_id.name
        cls.importer = cls.make_user("importer", "group_importer")
        cls.wizard = cls.env["fusion.billing.import.wizard"].with_user(cls.importer)

    @classmethod
    def make_user(cls, login, group=None):
        groups = cls.env.ref("base.group_user")
        if group:
            groups = cls.env.ref(f"fusion_centralize_billing.{group}")
        return cls.env["res.users"].create(
            {"name": login, "login": f"fc-{login}", "group_ids": [(6, 0, groups.ids)]}
        )

    def load(self, *customers, plans=None, **changes):
        """Load one bundle in the company's currency; return its answer by (entity, id)."""
        bundle = make_bundle(customers, plans, **changes)
        for plan in bundle["plans"]:
            for priced in (plan, *plan["charges"]):
                priced["currency"] = priced["currency"].replace("USD", self.currency)
        for customer in bundle["customers"]:
            for order in customer["orders"]:
                order["currency"] = order["currency"].replace("USD", self.currency)
        rows = self.wizard.load_bundle(bundle)["rows"]
        self.env.invalidate_all()
        return {(row["entity"], row["external_id"]): row for row in rows}

    def outcomes(self, answer):
        """Return the outcomes of an answer in the order of the bundle."""
        return [row["outcome"] for row in answer.values()]

    def order(self, name="web"):
        key = source_id(f"deployment {name}")
        return self.env["sale.order"].search([("x_fc_external_id", "=", key)])

    def bill(self, until):
        """Run Odoo's scheduled action on each day on which an invoice is due; count invoices."""
        orders = self.env["sale.order"].search([("x_fc_service_id", "!=", False)])
        last = fields.Date.to_date(until)
        before, seen = len(orders.invoice_ids), set()
        while True:
            self.env.flush_all()
            days = [
                order.next_invoice_date
                for order in orders
                if order.subscription_state == "3_progress" and order.next_invoice_date
            ]
            day = min((day for day in days if day <= last and day not in seen), default=None)
            if not day:
                return len(orders.invoice_ids) - before
            seen.add(day)
            self.run_action(day)

    def run_action(self, day):
        """Run Odoo's scheduled action for invoices as on that day."""
        run_invoice_action(self.env, day)

    def uncommitted(self):
        """Let a scheduled action's commits write to the database, and no more."""
        return uncommitted(self.env)

    def link(self, name="Zoé"):
        key = source_id(f"user {name}")
        return self.env["fusion.billing.account.link"].search([("external_id", "=", key)])

    def plan(self, code="pro-monthly"):
        return self.env["fusion.billing.plan"].search([("code", "=", code)])
