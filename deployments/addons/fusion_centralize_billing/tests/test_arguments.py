"""Every public method of the addons, called with what it does not expect: a sentence, no trace."""

import inspect

from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import SERVICE

OURS = "odoo.addons.fusion_centralize_billing"
GROUPS = f"{OURS.rpartition('.')[2]}.group_manager,{OURS.rpartition('.')[2]}.group_importer"
ODD = (
    "x",
    "\0",
    "\ud800",
    "7",
    -1,
    0,
    2**31,
    2**70,
    1.5,
    True,
    None,
    [],
    [None],
    ["\0"],
    {},
    {"x": []},
)
#: What a parameter of this name is given while another one is odd.
FITTING = {
    "service": SERVICE,
    "period_from": "2026-01-01T00:00:00Z",
    "period_to": "2026-02-01T00:00:00Z",
    "after_id": 0,
    "limit": 1,
    "cycles": 3,
    "keys": [],
    "seconds": 0.1,
    "worker": "test",
    "dry_run": True,
    "name": "key",
    "expires_at": False,
    "note": "Agreed",
    "fields": [],
}


def _public_methods(registry):
    """Return model, method and parameters of what our addons add to what may be called by RPC."""
    found = {}
    # What is abstract is called on who inherits it.
    for name, model in ((n, m) for n, m in registry.items() if not m._abstract):
        for attribute in dir(model):
            homes = [home for home in model.__mro__ if attribute in vars(home)]
            method = vars(homes[-1])[attribute] if homes else None
            # What Odoo has first keeps Odoo's promise.
            if (
                inspect.isfunction(method)
                and method.__module__.startswith(OURS)
                and not attribute.startswith("_")
                and not getattr(method, "_api_private", False)
            ):
                found[name, attribute] = list(inspect.signature(method).parameters)[1:]
    return found


@tagged("post_install", "-at_install")
class TestArguments(TransactionCase):
    def test_odd_arguments_end_in_a_sentence(self):
        user = new_test_user(self.env, "fc-odd", groups=GROUPS)
        self.assertIn(
            ("fusion.billing.import.wizard", "load_bundle"), _public_methods(self.registry)
        )
        for (name, method), parameters in _public_methods(self.registry).items():
            for odd_one in parameters:
                for odd in ODD:
                    values = {each: FITTING.get(each) for each in parameters} | {odd_one: odd}
                    with self.subTest(f"{name}.{method}", parameter=odd_one, value=repr(odd)):
                        self.call(user, name, method, values)

    def call(self, user, name, method, values):
        model = self.env[name].with_user(user)
        ours = getattr(type(model), method)
        ids = [] if getattr(ours, "_api_model", False) else [self.env[name].search([], limit=1).ids]
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                call_kw(model, method, ids, dict(values))
                self.env.flush_all()
        except UserError as refused:
            self.assertTrue(refused.args[0])
        finally:
            self.env.invalidate_all()
