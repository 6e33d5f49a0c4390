from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import check_page, check_storable
from odoo.addons.fusion_centralize_billing.wizards.import_wizard import replayed

from ..switching import readiness
from ..switching.cycles import answers
from ..switching.recording import add_customers, close_cycle, find_cycle, open_cycle
from ..switching.requirements import USUAL_CYCLES

MAX_PAGE = 1_000
MAX_CYCLES = 36


class ImportWizard(models.TransientModel):
    """How dual runs come on record, and who is ready; see ``readme/USAGE.md``."""

    _inherit = "fusion.billing.import.wizard"

    @api.model
    def record_cycle(self, values):
        """Put a dual run on record and return its id; whether it is green, Odoo works out.

        The same again changes nothing; other contents are a further record, and the last one
        counts. With ``final`` false the cycle waits for its customers and for ``close_cycle``.

        Raises:
            UserError: The service is unknown or a value is wrong.
            AccessError: The user is not in the Importer group.
        """
        values = self._object(values)
        service = self._known_service(values.get("service"))
        customers, final = values.get("customers"), values.get("final", True)
        with replayed(self.env):
            cycle = open_cycle(service.env, service, values)
            if cycle.state == "arriving":
                if customers:
                    add_customers(cycle, customers)
                if final:
                    self._close(cycle)
            service.env.flush_all()
        return cycle.id

    @api.model
    def record_cycle_customers(self, values):
        """Keep what a page of customers came to in an arriving cycle; return how many.

        Raises:
            UserError: The cycle is unknown or on record already, or a row is malformed.
            AccessError: The user is not in the Importer group.
        """
        values = self._object(values)
        service = self._known_service(values.get("service"))
        with replayed(self.env):
            cycle = find_cycle(service, values.get("key"))
            return add_customers(cycle, values.get("rows"))

    @api.model
    def close_cycle(self, values):
        """Judge a cycle whose customers have all arrived, and put it on record for good.

        Returns:
            ``green``, its ``reasons`` and ``figures``; a recorded cycle answers as it was.

        Raises:
            UserError: The cycle is unknown.
            AccessError: The user is not in the Importer group.
        """
        values = self._object(values)
        service = self._known_service(values.get("service"))
        with replayed(self.env):
            cycle = find_cycle(service, values.get("key"))
            self._close(cycle)
            service.env.flush_all()
        return {
            "id": cycle.id,
            "green": cycle.green,
            "reasons": (cycle.reasons or "").splitlines(),
            "figures": cycle.figures or {},
        }

    @api.model
    def cycles(self, service, limit=100):
        """Return the recorded cycles of a service, the latest period first.

        Raises:
            UserError: The service is unknown.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        check_page(0, limit, MAX_PAGE)
        return answers(service.env, service, limit)

    @api.model
    def refresh_readiness(self, service, cycles=USUAL_CYCLES):
        """Work out anew who of a service is ready; return how many are, wait and are live.

        Raises:
            UserError: The service is unknown, or the number of cycles makes no sense.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        if type(cycles) is not int or not 0 < cycles <= MAX_CYCLES:
            raise UserError(self.env._("Readiness looks back on 1 to %s cycles.", MAX_CYCLES))
        links = service.env["fusion.billing.account.link"]
        links._refresh_readiness(service, cycles)
        groups = links._read_group([("service_id", "=", service.id)], ["readiness"], ["__count"])
        return {state or "waiting": count for state, count in groups}

    @api.model
    def readiness(self, service, after_id=0, limit=200):
        """Return a page of who is ready, as it was last worked out.

        Raises:
            UserError: The service is unknown, or the page of no sensible size.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        check_page(after_id, limit, MAX_PAGE)
        return readiness.page(service.env, service, after_id, limit)

    def _close(self, cycle):
        if cycle.state == "arriving":
            close_cycle(cycle)
            links = cycle.env["fusion.billing.account.link"]
            links._refresh_readiness(cycle.service_id)

    def _object(self, values):
        """Return what was sent, an object of values that can be stored.

        Raises:
            UserError: It is something else.
        """
        if not isinstance(values, dict):
            raise UserError(self.env._("The values are no object."))
        check_storable(values)
        return values
