from collections import Counter

from odoo import _, api, models
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import (
    check_page,
    is_text,
)
from odoo.addons.fusion_centralize_billing.wizards.import_wizard import replayed

from ..switching import deciding, finishing, plan
from ..switching.back import WayBack
from ..switching.health import look
from ..switching.rehearsal import rehearse, sample_of
from ..switching.scope import find_customers
from ..switching.source_bills import read_billed
from ..switching.switch import MAX_BUNDLE, Switch

MAX_PAGE = 1_000
MAX_REHEARSED = 100


# The dual runs' calls are a file of their own.
class ImportWizard(models.TransientModel):
    """From a dual run to live, and back; see ``readme/USAGE.md`` for values and answers."""

    _inherit = "fusion.billing.import.wizard"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def cutover_check(self, service, customers=None, requirements=None, billed=None):
        """Return what a cutover would be decided on, and who is ready; changes nothing.

        Raises:
            UserError: The service is unknown or a value is wrong.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        asked = {"customers": customers, "requirements": requirements, "billed": billed}
        return plan.check(service.env, service, plan.read_asked(asked))

    @api.model
    def cutover_plan(self, values):
        """Put a cutover on record with the facts that it is to be approved on.

        Raises:
            UserError: The service is unknown or a value is wrong.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(self._object(values).get("service"))
        with replayed(self.env):
            return plan.plan(service.env, service, values, self.env.user)

    @api.model
    def approve(self, values):
        """Record the decision of the user who calls about a planned cutover, for good.

        Raises:
            UserError: A yes to other evidence than that of now, while the gate does not hold,
                or without a word on what it waives.
            AccessError: The user is no person of the Manager group, or planned the cutover.
        """
        values = self._object(values)
        with replayed(self.env):
            cutover = deciding.to_decide(self.env, values.get("cutover"))
            return deciding.answer(deciding.decide(cutover, self.env.user, values))

    @api.model
    def cutover_decision(self, cutover):
        """Return the latest decision about a cutover and whether it lets somebody be switched.

        Raises:
            UserError: The cutover is unknown.
            AccessError: The user is not in the Importer group.
        """
        return deciding.answer(self._cutover(cutover).approval_ids[:1])

    @api.model
    def cutover_customers(self, cutover, after_id=0, limit=200):
        """Return a page of those whom a planned cutover switches: who is ready.

        Raises:
            UserError: The cutover is unknown, or the page of no sensible size.
            AccessError: The user is not in the Importer group.
        """
        cutover = self._cutover(cutover)
        check_page(after_id, limit, MAX_PAGE)
        ours = [("cutover_id", "=", cutover.id), ("ready", "=", True), ("id", ">", after_id)]
        page = cutover.customer_ids.search(ours, order="id", limit=limit)
        names = page.mapped("external_id")
        cutover.env.flush_all()
        found = find_customers(cutover.env, cutover.service_id, names)
        return {
            "rows": [_customer(found[name]) for name in names],
            "next_after_id": page[-1].id if len(page) == limit else None,
        }

    @api.model
    def cutover_bundle(self, values):
        """Switch customers of an approved cutover to live, each whole or not at all.

        Call it again after a break-off: who is live stays as they are. A dry run does all of
        it and rolls it back.

        Raises:
            UserError: There is no approval that holds, or a value is wrong: nobody was switched.
            AccessError: The user is not in the Importer group.
        """
        values = self._object(values)
        cutover = self._cutover(values.get("cutover"))
        approval = deciding.approved(cutover, values.get("approval"))
        customers, billed_until = _customers(values), self._object(values.get("billed_until") or {})
        env, service = cutover.env, cutover.service_id
        env.flush_all()
        with self._kept_unless(values.get("dry_run") is True):
            key = str(values.get("key") or "")
            owed = values.get("opening_credits")
            owed = None if owed is None else self._object(owed)
            billed = read_billed(values.get("billed"))
            user = self.env.user
            switch = Switch(env, cutover, approval, key, billed_until, user, owed, billed)
            done = switch.run(customers)
            if any(customer.outcome == "switched" for customer in done):
                if cutover.state != "running":
                    cutover.state = "running"
                if service.phase != "cutover":
                    service.phase = "cutover"
            env.flush_all()
        return _answer(done, "switched", values)

    @api.model
    def finish_cutover(self, cutover):
        """Close a cutover all of whose customers are live; the service's phase follows.

        Raises:
            UserError: The cutover is unknown, or is not running under an approval.
            AccessError: The user is not in the Importer group.
        """
        cutover = self._cutover(cutover)
        if cutover.state not in ("running", "done") or cutover.approval_ids[:1].decision != "yes":
            raise UserError(
                self.env._("The cutover '%(key)s' is not running: nothing is to be finished.",
                           key=cutover.key)
            )  # fmt: skip
        return finishing.finish(cutover)

    @api.model
    def rollback_check(self, service, customers=None):
        """Return who can return to shadow, and who cannot and why; changes nothing.

        Raises:
            UserError: The service is unknown or a value is wrong.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        env = service.env
        chosen = plan.read_customers(customers)
        if chosen is None:
            chosen = env["fusion.billing.account.link"].search(
                [("service_id", "=", service.id), ("billing_state", "=", "live")]
            ).mapped("external_id")  # fmt: skip
        checked = WayBack(env, service).check(chosen)
        blocked = [customer for customer in checked if customer.outcome == "failed"]
        idle = [customer for customer in checked if customer.outcome == "unchanged"]
        return {
            "returnable": len(checked) - len(blocked) - len(idle),
            "blocked": len(blocked),
            "shadow": len(idle),
            "rows": [
                {"customer": one.external_id, "code": one.code, "message": one.message}
                for one in blocked
            ],
        }

    @api.model
    def rollback_bundle(self, values):
        """Return live customers to shadow, each whole or not at all; nothing posted is touched.

        Raises:
            UserError: The service is unknown, or nobody says who decided.
            AccessError: The user is not in the Importer group.
        """
        values = self._object(values)
        service = self._known_service(values.get("service"))
        who = values.get("who")
        if not isinstance(who, str) or not who.strip():
            raise UserError(self.env._("A way back needs the name of who decides."))
        env, customers = service.env, _customers(values)
        with self._kept_unless(values.get("dry_run") is True):
            back = WayBack(
                env,
                service,
                who=who.strip(),
                reason=values.get("reason"),
                key=str(values.get("key") or ""),
                user=self.env.user,
            )
            done = back.run(customers)
            if any(customer.outcome == "returned" for customer in done):
                finishing.set_phase(env, service)
                _roll_back_empty(env, done)
            env.flush_all()
        return _answer(done, "returned", values)

    @api.model
    def rehearse(self, service, customers, billed_until=None):
        """Return the first invoices of customers as Odoo would make them; nothing of it stays.

        Raises:
            UserError: The service is unknown, or the customers are no list of a sensible length.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        chosen = _customers({"customers": customers}, MAX_REHEARSED)
        return {"rows": rehearse(service, chosen, self._object(billed_until or {}))}

    @api.model
    def look_at_odoo(self, service, customers=5):
        """Return what is found of Odoo's settings, and the first invoices of some customers.

        Changes nothing: the invoices are made and taken back.

        Raises:
            UserError: The service is unknown, or too many customers are asked for.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        if type(customers) is not int or not 0 <= customers <= MAX_REHEARSED:
            raise UserError(
                self.env._("A sample has at most %(most)s customers.", most=MAX_REHEARSED)
            )
        sample = sample_of(service, customers)
        return {
            "findings": look(service.env, service, self.env.user),
            "rehearsal": rehearse(service, sample),
        }

    @api.model
    def _cutover(self, key):
        """Return the caller's cutover of this key, in a superuser environment of its company.

        Raises:
            UserError: There is none, or it is of a company that is not the caller's.
            AccessError: The user is not in the Importer group.
        """
        env = self._importer_env()
        cutover = plan.find(self._own(), key).with_env(env)
        return cutover.with_company(cutover.company_id)


def _customers(values: dict, most: int = MAX_BUNDLE) -> list[str]:
    customers = values.get("customers")
    if (
        not isinstance(customers, list)
        or len(customers) > most
        or not all(map(is_text, customers))
        or len(set(customers)) < len(customers)
    ):
        raise UserError(
            _("A bundle names at most %(max_bundle)s customers, each once.", max_bundle=most)
        )
    return customers


def _customer(customer) -> dict:
    return {
        "customer": customer.external_id,
        "state": "live" if customer.live else "shadow",
        "subscriptions": [
            {
                "subscription": held.source_id,
                "external_id": held.external_id,
                "state": "shadow" if held.shadow else "live",
                "cycle": held.recurrence and held.recurrence.unit,
                "next_invoice_date": held.next_invoice and held.next_invoice.isoformat(),
            }
            for held in customer.held
        ],
    }


def _answer(customers: list, moved: str, values: dict) -> dict:
    counts = Counter(customer.outcome for customer in customers)
    names = (moved, "unchanged", "failed")
    return {
        "rows": [customer.answer() for customer in customers],
        **{name: counts[name] for name in names},
        "dry_run": values.get("dry_run") is True,
    }


def _roll_back_empty(env, customers: list) -> None:
    """Mark cutovers as rolled back when nobody whom they switched is live any more."""
    env.flush_all()
    links = env["fusion.billing.account.link"].browse(
        [customer.link_id for customer in customers if customer.outcome == "returned"]
    )
    for cutover in links.cutover_id:
        if not cutover.live_count and cutover.state != "rolled_back":
            cutover.state = "rolled_back"
