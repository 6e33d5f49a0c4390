"""What must hold in Odoo for the whole service before anybody is switched."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.tools import SQL

from .conditions import Gate, gate_of
from .credits import totals
from .odoo_settings import odoo_settings
from .requirements import Requirements

# A dual run speaks of the month before the last, and the next may be late.
FRESH = timedelta(days=100)


class Facts:
    """Works out what closes the gate for everybody; who else is kept back says the wave.

    Args:
        env: Superuser environment in the service's company; all is written to the database.
        service: The ``fusion.billing.service``.
        customers: External ids of a pilot group; None for all.
        requirements: The limits.
        cycles: The dual runs that readiness looks back on, latest first.
    """

    def __init__(
        self, env, service, customers: list[str] | None, requirements: Requirements, cycles: list
    ) -> None:
        self.env = env
        self.service = service
        self.requirements = requirements
        self.cycles = cycles
        self.scope = SQL("link.service_id = %s AND link.billing_state != 'live'", service.id)
        if customers is not None:
            self.scope = SQL("%s AND link.external_id = ANY(%s)", self.scope, list(customers))

    def gates(self) -> list[Gate]:
        """Return what must hold for anybody, in the order in which a person looks at it."""
        return [
            self._phase(),
            self._orders_known(),
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

    def _cycles(self) -> list[Gate]:
        """Return the gates of the dual runs: enough in a row, and what the latest came to."""
        wanted, records = self.requirements, self.cycles
        have = len(records)
        sentence = f"{have} dual runs in a row are on record; {wanted.green_cycles} are required."
        fresh = not records or records[0].period_end >= fields.Datetime.now() - FRESH
        if not fresh:
            sentence += f" The latest ended on {records[0].period_end.date()}: run a newer one."
        gates = [Gate("green_cycles", have >= wanted.green_cycles and fresh, sentence)]
        if not records:
            return gates
        latest = records[0]
        good, bad = Decimal(latest.matched + latest.decided), abs(Decimal(str(latest.unexplained)))
        rate = good / latest.line_count if latest.line_count else Decimal(0)
        words = (
            f"In the latest, {rate:.2%} of the lines are settled or decided"
            f" ({Decimal(wanted.match_rate):.2%} are wished for), and {bad:,.2f} is unexplained;"
            " who differs is kept back alone."
        )
        return [*gates, Gate("latest_cycle", ok=True, sentence=words)]
