"""What must hold in Odoo for the whole service before anybody is switched."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.tools import SQL

from .conditions import Gate, gate_of
from .credits import totals
from .cycles import counting, cycles_of, figure, green_in_a_row
from .not_loaded import not_loaded
from .odoo_settings import odoo_settings
from .requirements import Requirements

MAX_CYCLES = 200
# A dual run speaks of the month before the last, and the next may be late.
FRESH = timedelta(days=100)


class Facts:
    """Works out what closes the gate for everybody; who else is kept back says the wave.

    Args:
        env: Superuser environment in the service's company; all is written to the database.
        service: The ``fusion.billing.service``.
        customers: External ids of a pilot group; None for all.
        requirements: The limits.
    """

    def __init__(self, env, service, customers: list[str] | None, requirements: Requirements):
        self.env = env
        self.service = service
        self.requirements = requirements
        self.scope = SQL("link.service_id = %s AND link.billing_state != 'live'", service.id)
        if customers is not None:
            self.scope = SQL("%s AND link.external_id = ANY(%s)", self.scope, list(customers))

    def gates(self) -> list[Gate]:
        """Return what must hold for anybody, in the order in which a person looks at it."""
        return [
            self._phase(),
            self._orders_known(),
            self._import_known(),
            *odoo_settings(self.env, self.service),
            *self._cycles(),
            *self._owed(),
        ]

    def _phase(self) -> Gate:
        names = dict(self.service._fields["phase"].selection)
        ok = self.service.phase in ("dual_run", "cutover")
        rest = "" if ok else "; it must be in a dual run"
        return Gate("phase", ok, f"The service is in the phase {names[self.service.phase]}{rest}.")

    def _owed(self) -> list[Gate]:
        """Say what the switch posts as credit of the customers; nothing, if nobody is owed any."""
        kinds = self.env["fusion.billing.opening.credit"]._fields["kind"]
        names = dict(kinds._description_selection(self.env))
        found = totals(self.env, self.scope)
        if not found:
            return []
        parts = ", ".join(
            f"{count} times {names[kind].lower()}, {amount:,.2f} {currency}"
            for kind, currency, count, amount in found
        )
        words = f"The old side owes these customers: {parts}. The switch posts it as their credit."
        return [Gate("opening_credits", True, words, sum(each[2] for each in found))]

    def _orders_known(self) -> Gate:
        query = SQL(
            """
            SELECT so.x_fc_external_id FROM sale_order so
            WHERE so.x_fc_service_id = %s AND so.x_fc_external_id IS NOT NULL
                AND so.x_fc_account_link_id IS NULL AND so.state != 'cancel'
            """,
            self.service.id,
        )
        found = [key for (key,) in self.env.execute_query(query)]
        bad = "orders have no account, and stay where they are: load again."
        return replace(gate_of("orders_known", found, "Every order has its account.", bad), ok=True)

    def _import_known(self) -> Gate:
        run, _keys = not_loaded(self.env, self.service)
        if run:
            return Gate("import_known", True, f"The last import run is {run.key}.")
        gate = Gate("import_known", ok=False, sentence="No import run is on record.")
        return gate if self.requirements.payers_loaded else _waived(gate)

    def _cycles(self) -> list[Gate]:
        """Return the gates of the dual runs: how many are green, and the latest one's figures."""
        wanted = self.requirements
        kept = counting(cycles_of(self.env, self.service, MAX_CYCLES))
        green = green_in_a_row(kept)
        sentence = f"{green} cycles in a row are green; {wanted.green_cycles} are required."
        fresh = not (green and wanted.green_cycles) or _is_fresh(kept[0])
        if not fresh:
            sentence += f" The latest ended on {kept[0].period_end.date()}: run a newer one."
        gates = [Gate("green_cycles", green >= wanted.green_cycles and fresh, sentence)]
        if not kept:
            if wanted.green_cycles == 0:
                return gates
            nothing = "No dual run is on record."
            return [*gates, *(Gate(name, ok=False, sentence=nothing) for name in _OF_LATEST)]
        latest = kept[0]
        lines, matched = figure(latest, "lines"), figure(latest, "matched")
        rate = matched / lines if lines else Decimal(0)
        least, most = Decimal(wanted.match_rate), Decimal(wanted.unexplained)
        unexplained = abs(figure(latest, "unexplained"))
        return [
            *gates,
            Gate(
                "match_rate",
                rate >= least,
                f"{rate:.2%} of the latest cycle's lines match; {least:.2%} are required.",
            ),
            Gate(
                "unexplained",
                unexplained <= most,
                f"{unexplained} of the latest cycle is unexplained; {most} is allowed.",
            ),
        ]


_OF_LATEST = ("match_rate", "unexplained")


def _is_fresh(cycle) -> bool:
    return cycle.period_end >= fields.Datetime.now() - FRESH


def _waived(gate: Gate) -> Gate:
    """Return a gate that is shown and not required."""
    return gate if gate.ok else replace(gate, ok=True, sentence=f"{gate.sentence} Not required.")
