"""Who may import for one company reaches nothing of another's, by whatever public method."""

import inspect
import re

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import LoadCase, make_bundle, make_customer, make_order

MODULES = "odoo.addons.fusion_centralize_billing"
UNKNOWN = "nowhere"
#: What says who asks, and names nothing; what a dialog's button does is in ``test_flow_runs``.
ABOUT = {"about", "action_start"}
_BATCH = {"format": 1, "run": "r", "key": "b", "dry_run": False, "rows": []}
#: Bodies that have a form of their own, by method; any other is the names of all there is.
BODIES = {
    "load_bundle": lambda key: make_bundle([make_customer()], service=key),
    "load_usage": lambda key: {**_BATCH, "service": key, "run": None},
    "preview_load": lambda key: {**_BATCH, "service": key, "run": None},
    "load_reconciliation": lambda key: {**_BATCH, "service": key},
}
#: Arguments by their names in the methods.
ARGUMENTS = {
    "period_from": "2026-01-01T00:00:00Z",
    "period_to": "2026-02-01T00:00:00Z",
    "since": "2026-01-01T00:00:00Z",
    "until": "2026-02-01T00:00:00Z",
    "keys": [],
    "customers": ["nobody"],
    "limit": 10,
    "after_id": 0,
}


def public_methods(model):
    """Return the methods that these addons add to a model and that a remote call reaches."""
    return sorted(
        {
            name
            for owner in type(model).mro()
            if owner.__module__.startswith(MODULES)
            for name, value in vars(owner).items()
            if inspect.isfunction(value) and not name.startswith("_")
        }
        - {"create", "write", "copy", "unlink"}
    )


def arguments(method, name, key):
    """Return what to call a method with, so that all it names is ``key``'s."""
    body = {
        "service": key,
        "cutover": key,
        "run": key,
        "key": "new",
        "who": "Zoé",
        "started_at": "2026-01-01T00:00:00Z",
        "state": "done",
        "customers": [],
        "rows": [],
    }
    given = []
    for parameter in list(inspect.signature(method).parameters.values()):
        if parameter.default is not parameter.empty:
            break
        if parameter.name in ("values", "batch", "bundle"):
            given.append(BODIES.get(name, lambda _key: body)(key))
        else:
            given.append(ARGUMENTS.get(parameter.name, key))
    return given


@tagged("post_install", "-at_install")
class TestOtherCompany(LoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = cls.env["res.company"].create({"name": "Other company"})
        cls.stranger = cls.make_user("stranger", "group_manager")
        cls.stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})

    def setUp(self):
        super().setUp()
        self.load(make_customer(orders=[make_order()]))
        run = {"service": self.service.code, "key": "r", "started_at": "2026-01-01T00:00:00Z"}
        self.wizard.start_run({**run, "key": self.service.code})

    def told(self, attempt):
        """Return what a call ends as, without the name that it was given."""
        try:
            with self.env.cr.savepoint():
                said = repr(attempt())
        except (UserError, AccessError) as refused:
            said = f"{type(refused).__name__}: {refused}"
        self.env.invalidate_all()
        return re.sub(f"{UNKNOWN}|{self.service.code}", "<key>", said)

    def assert_unknown(self, model, skipped=()):
        """What is another company's is answered as what nobody knows, and stays as it is."""
        before = self.snapshot()
        methods = [name for name in public_methods(model) if name not in skipped]
        self.assertTrue(methods)
        for name in methods:
            with self.subTest(name):
                method = getattr(model.with_user(self.stranger), name)
                foreign, unknown = (
                    self.told(lambda key=key, name=name, method=method: method(
                        *arguments(method, name, key)
                    ))
                    for key in (self.service.code, UNKNOWN)
                )  # fmt: skip
                self.assertEqual(foreign, unknown)
                # Or the call came to no look-up, and this test says nothing.
                self.assertRegex(unknown, "<key>|unknown_service|'rows': \\[\\]")
        self.assertEqual(self.snapshot(), before)

    def snapshot(self):
        self.env.flush_all()
        self.env.invalidate_all()
        runs = self.env["fusion.billing.import.run"].search([])
        service = self.service.read(["phase", "write_date"])
        orders = self.env["sale.order"].search([("x_fc_service_id", "=", self.service.id)])
        return runs.read(["key", "state"]), service, orders.read(["state", "write_date"])

    def test_stranger_reaches_no_service_by_any_method_of_the_import(self):
        self.assert_unknown(self.wizard, skipped=ABOUT)

    def test_stranger_is_told_of_no_service(self):
        about = self.wizard.with_user(self.stranger).about()
        self.assertEqual(about["services"], [])

    def test_stranger_with_the_companies_of_another_in_the_context_reaches_nothing(self):
        forged = {
            "allowed_company_ids": self.service.company_id.ids,
            "active_test": False,
            "force_company": self.service.company_id.id,
        }
        wizard = self.wizard.with_user(self.stranger).with_context(**forged)
        # An AccessError is one, too.
        with self.assertRaises(UserError):
            wizard.start_run(
                {"service": self.service.code, "key": "x", "started_at": "2026-01-01T00:00:00Z"}
            )

    def test_own_importer_reaches_the_service_in_every_company_that_is_theirs(self):
        self.importer.company_ids |= self.stranger.company_ids
        self.importer.company_id = self.stranger.company_id
        row = next(iter(self.load(make_customer("Max")).values()))
        self.assertEqual(row["outcome"], "unchanged")
        self.assertEqual(self.link("Max").company_id, self.service.company_id)
