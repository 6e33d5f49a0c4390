"""The addon's side of the gate: what must hold in Odoo before anybody is switched."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.tools import SQL

from .cards import without_usable_card
from .conditions import Gate, gate_of
from .credits import totals
from .cycles import counting, cycles_of, figure, green_in_a_row
from .not_loaded import not_loaded
from .odoo_settings import odoo_settings
from .requirements import Requirements
from .scope import BILLABLE, PAYS

MAX_CYCLES = 200
# A dual run speaks of the month before the last, and the next may be late.
FRESH = timedelta(days=100)


class Facts:
    """Works out the gate of a service or of some of its customers.

    Those who are live already are past it and count for nothing.

    Args:
        env: Superuser environment in the service's company; all is written to the database.
        service: The ``fusion.billing.service``.
        customers: External ids of a pilot group; None for all.
        requirements: The limits.
    """

    def __init__(self, env, service, customers: list[str] | None, requirements: Requirements):
        self.env = env
        self.service = service
        self.chosen = customers
        self.requirements = requirements
        scope = SQL("link.service_id = %s AND link.billing_state != 'live'", service.id)
        if customers is not None:
            scope = SQL("%s AND link.external_id = ANY(%s)", scope, list(customers))
        self.scope = scope
        self.orders = SQL(
            """
            FROM sale_order so
            JOIN fusion_billing_account_link link ON link.id = so.x_fc_account_link_id
            WHERE %s AND %s
            """,
            scope,
            BILLABLE,
        )

    def gates(self) -> list[Gate]:
        """Return every condition, in the order in which a person looks at them."""
        return [
            self._phase(),
            self._customers_known(),
            self._orders_draft(),
            self._no_tokens(),
            self._charges_unlinked(),
            self._stripe_ids(),
            self._cards(),
            self._payers_loaded(),
            self._calendars(),
            *odoo_settings(self.env, self.service, self.orders),
            *self._cycles(),
            self._reconciled(),
            *self._owed(),
        ]

    def counts(self) -> dict[str, int]:
        """Return how many customers and subscriptions are still to be switched, and are live."""
        query = SQL(
            """
            SELECT (SELECT count(*) FROM fusion_billing_account_link link WHERE %(scope)s),
                   (SELECT count(*) %(orders)s),
                   (SELECT count(*) FROM fusion_billing_account_link link
                    WHERE link.service_id = %(service)s AND link.billing_state = 'live')
            """,
            scope=self.scope,
            orders=self.orders,
            service=self.service.id,
        )
        ((customers, subscriptions, live),) = self.env.execute_query(query)
        return {"customers": customers, "subscriptions": subscriptions, "live_customers": live}

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

    def _customers_known(self) -> Gate:
        if self.chosen is None:
            query = SQL(
                """
                SELECT so.x_fc_external_id FROM sale_order so
                WHERE so.x_fc_service_id = %s AND so.x_fc_external_id IS NOT NULL
                    AND so.x_fc_account_link_id IS NULL AND so.state != 'cancel'
                """,
                self.service.id,
            )
            found = [key for (key,) in self.env.execute_query(query)]
            good, bad = "Every order has its account.", "orders have no account: load again."
            return gate_of("customers_known", found, good, bad)
        query = SQL(
            """
            SELECT external_id FROM fusion_billing_account_link
            WHERE service_id = %s AND external_id = ANY(%s)
            """,
            self.service.id,
            self.chosen,
        )
        known = {key for (key,) in self.env.execute_query(query)}
        found = sorted(set(self.chosen) - known)
        good = "Every customer of the group is known."
        return gate_of("customers_known", found, good, "customers are not in Odoo.")

    def _orders_draft(self) -> Gate:
        broken = self._external_ids("so.state != 'draft' OR so.x_fc_shadow IS NOT TRUE")
        good = "Every order is a draft in shadow."
        return gate_of("orders_draft", broken, good, "orders are no drafts in shadow.")

    def _no_tokens(self) -> Gate:
        broken = self._external_ids("so.payment_token_id IS NOT NULL")
        good = "No shadow order has a payment method."
        return gate_of("no_tokens", broken, good, "shadow orders have a payment method.")

    def _charges_unlinked(self) -> Gate:
        query = SQL(
            """
            SELECT charge.plan_code FROM fusion_billing_charge charge
            LEFT JOIN fusion_billing_plan plan ON plan.id = charge.service_plan_id
            WHERE charge.service_id = %s AND charge.plan_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM sale_order so
                WHERE so.x_fc_service_id = plan.service_id
                    AND so.x_fc_nexacloud_plan_id = plan.external_id
                    AND so.state = 'sale' AND so.x_fc_shadow IS NOT TRUE
            )
            ORDER BY charge.plan_code
            """,
            self.service.id,
        )
        found = [code for (code,) in self.env.execute_query(query)]
        good = "No charge of a plan without live customers is linked."
        return gate_of("charges_unlinked", found, good, "charges are linked before their time.")

    def _stripe_ids(self) -> Gate:
        query = SQL(
            """
            SELECT link.external_id FROM fusion_billing_account_link link
            WHERE %s AND COALESCE(link.stripe_customer_id, '') = ''
                AND link.pays_by_invoice IS NOT TRUE AND %s
            ORDER BY link.external_id
            """,
            self.scope,
            PAYS,
        )
        found = [key for (key,) in self.env.execute_query(query)]
        good = "Whoever pays by card has a Stripe customer."
        gate = gate_of("stripe_ids", found, good, "who pay by card have no Stripe customer.")
        return gate if self.requirements.stripe_ids else _waived(gate)

    def _cards(self) -> Gate:
        found = sorted(without_usable_card(self.env, self.scope))
        good = "Whoever pays by card has one that Odoo can charge."
        gate = gate_of("cards", found, good, "wait for a card that Odoo can charge.")
        return gate if self.requirements.cards else _waived(gate)

    def _payers_loaded(self) -> Gate:
        run, keys = not_loaded(self.env, self.service)
        if not run:
            return Gate("payers_loaded", ok=False, sentence="No import run is on record.")
        broken = sorted(keys)
        if self.chosen is not None:
            query = SQL("SELECT so.x_fc_external_id, link.external_id %s", self.orders)
            ours = {key for row in self.env.execute_query(query) for key in row}
            broken = sorted(keys & (ours | set(self.chosen)))
            if run.failed + run.quarantined > len(run.row_ids):
                broken.append("(more than the log holds)")
        good = f"The last import run, {run.key}, left nobody out."
        bad = f"rows were left out by the last import run, {run.key}."
        gate = gate_of("payers_loaded", broken, good, bad)
        return gate if self.requirements.payers_loaded else _waived(gate)

    def _calendars(self) -> Gate:
        broken = self._external_ids(
            "so.start_date IS NULL OR so.plan_id IS NULL OR so.next_invoice_date IS NULL"
            " OR so.start_date > so.next_invoice_date"
        )
        good = "Every subscription has its start, its cycle and the end of its period."
        bad = "subscriptions lack a start, a cycle, or the end of their period, or start after it."
        return gate_of("calendars", broken, good, bad)

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

    def _reconciled(self) -> Gate:
        query = SQL(
            """
            SELECT COALESCE(NULLIF(subscription, ''), NULLIF(customer, ''), ref)
            FROM fusion_billing_reconciliation
            WHERE service_id = %s AND status = 'delta' AND cause = 'unexplained'
                AND (%s OR customer = ANY(%s))
            """,
            self.service.id,
            self.chosen is None,
            self.chosen or [],
        )
        found = sorted(key or "" for (key,) in self.env.execute_query(query))
        good = "No difference is open without an explanation."
        return gate_of("reconciled", found, good, "differences are open and unexplained.")

    def _external_ids(self, condition: str) -> list[str]:
        query = SQL(
            "SELECT so.x_fc_external_id %s AND (%s) ORDER BY so.id", self.orders, SQL(condition)
        )
        return [key for (key,) in self.env.execute_query(query)]


_OF_LATEST = ("match_rate", "unexplained")


def _is_fresh(cycle) -> bool:
    return cycle.period_end >= fields.Datetime.now() - FRESH


def _waived(gate: Gate) -> Gate:
    """Return a gate that is shown and not required."""
    return gate if gate.ok else replace(gate, ok=True, sentence=f"{gate.sentence} Not required.")
