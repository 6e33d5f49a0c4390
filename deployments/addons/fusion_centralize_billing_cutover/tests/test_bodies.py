"""Values inside what is sent: each of them odd once ends in an answer or a sentence, no trace."""

from collections.abc import Iterator
from copy import deepcopy

from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_bundle,
    make_customer,
    make_order,
    source_id,
)
from odoo.addons.fusion_centralize_billing_cards.tests.cards_common import make_card
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW, make_usage

from .cutover_common import CutoverCase

#: Each value of a body is each of these once.
ODD = ("\0", "\ud800", 2**70, [[None]])
#: Of these each value is every fourth, beginning with another one.
ODDER = (
    None,
    True,
    -1,
    1e308,
    float("nan"),
    "NaN",
    "1e999",
    "0000-00-00",
    "9999-12-31T23:59:59Z",
    "XXX",
    "x" * 5000,
    [],
    {},
    {"x": {"y": None}},
)


def paths_of(value: object, path: tuple = ()) -> Iterator[tuple]:
    """Yield the path of each value in a body, the whole body's first."""
    yield path
    if isinstance(value, dict):
        for name, part in value.items():
            yield from paths_of(part, (*path, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from paths_of(part, (*path, number))


def spoiled(body: dict, path: tuple, odd: object) -> dict:
    """Return a copy of a body with an odd value at a path."""
    copy = deepcopy(body)
    home = copy
    for step in path[:-1]:
        home = home[step]
    home[path[-1]] = odd
    return copy


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestBodies(CutoverCase):
    def test_odd_values_in_a_body_end_in_a_sentence(self):
        for method, body in self.bodies().items():
            self.ask(method, body)
            for number, path in enumerate(paths_of(body)):
                for odd in (*ODD, *ODDER[number % 4 :: 4]) if path else ():
                    with self.subTest(method, path=path, value=repr(odd)[:40]):
                        self.ask(method, spoiled(body, path, odd), maybe=True)

    def bodies(self) -> dict[str, dict]:
        """Give a body that fits, for each method that takes one."""
        line = {"external_id": "a1", "item": "addon:ip", "kind": "addon", "name": "IP"}
        order = make_order("new", lines=[{**line, "quantity": "1", "price": "5.00"}])
        customer = make_customer("New", [order], tax_exempt=False, emails=["a@nexa.example"])
        usage = {"format": 1, "service": SERVICE, "run": None, "key": "1", "dry_run": False}
        return {
            "load_bundle": make_bundle([customer], ended=[{"external_id": "x", "ended_at": None}]),
            "load_usage": {**usage, "rows": [make_usage()]},
            "load_reconciliation": {
                **usage,
                "run": "r9",
                "rows": [self.difference("Zoé")],
                "final": True,
                "period_from": "2026-01-01T00:00:00Z",
                "period_to": "2026-02-01T00:00:00Z",
                "matched": 0,
            },
            "record_cycle": {
                "service": SERVICE,
                "key": "cycle odd",
                "period_from": "2026-02-01T00:00:00Z",
                "period_to": "2026-03-01T00:00:00Z",
                "reasons": [],
                "figures": {"lines": 2, "odoo_total": "49.00"},
                "links": [["Report", "https://nexa.example/report"]],
                "customers": [self.compared("Zoé")],
            },
            "load_cards": {
                "service": SERVICE,
                "rows": [
                    {
                        "account": source_id("user Zoé"),
                        "stripe_customer": "cus_1",
                        "card": make_card(),
                    }
                ],
            },
            "cutover_plan": {
                "service": SERVICE,
                "key": "odd",
                "customers": [source_id("user Zoé")],
                "billed": self.billed(),
                "requirements": {"green_cycles": 3, "match_rate": "0.99"},
            },
        }

    def ask(self, method, body, *, maybe=False):
        """Call as the flows do, and take it back; ``maybe`` it is refused with a sentence."""
        self.env.flush_all()
        try:
            with self.env.cr.savepoint() as savepoint, mute_logger("odoo.sql_db"):
                call_kw(self.wizard, method, [body], {})
                self.env.flush_all()
                savepoint.rollback()
        except UserError as refused:
            self.assertTrue(maybe and refused.args[0], refused)
        finally:
            self.env.invalidate_all()
