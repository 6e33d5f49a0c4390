from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    source_id,
)

from .cutover_common import CutoverCase


class ReadinessCase(CutoverCase):
    def setUp(self):
        super().setUp()
        self.manager = self.make_user("manager", "group_manager")
        self.decisions = self.env["fusion.billing.decision"].with_user(self.manager)

    def refresh(self):
        self.wizard.refresh_readiness(SERVICE)
        self.env.invalidate_all()

    def standing(self, name):
        """Return the account link after Odoo worked readiness out anew."""
        self.refresh()
        return self.link_of(name)

    def link_of(self, name):
        key = source_id(f"user {name}")
        return self.env["fusion.billing.account.link"].search([("external_id", "=", key)])

    def decide_line(self, line, **changes):
        return self.decisions.create(
            {
                "service_id": self.service.id,
                "scope": "line",
                "line_id": line.id,
                "currency_id": line.currency_id.id,
                "max_amount": 5,
                "expires_on": "2026-06-30",
                "reason": "Billed once.",
                **changes,
            }
        )

    def red(self, name="Zoé", **changes):
        """Record January with one difference of a customer and return its line."""
        line = self.differ(self.difference(name, **changes))
        side = changes.get("wrong_side", "billed")
        self.cycle(1, [self.compared("Zoé", differing=1, wrong_side=side), self.compared("Max")])
        return line
