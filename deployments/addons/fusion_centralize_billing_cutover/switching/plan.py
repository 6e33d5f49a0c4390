"""A cutover on record: what it is about, and what it rests on."""

from dataclasses import asdict, dataclass

from odoo import _, fields
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.fusion_centralize_billing.loader.arguments import is_text
from odoo.addons.fusion_centralize_billing.models.fusion_billing_flow_run import OVER

from .gate import gates_of
from .holdings import Holdings
from .requirements import Gate, Requirements, digest, gate_of, read_requirements
from .source_bills import Billed, read_billed
from .wave import Standing, somebody_ready, wave_of

MAX_CUSTOMERS = 10_000
OPEN_STATES = ("planned", "refused")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan is asked for, as it is kept.

    Attributes:
        customers: Account ids; None for everybody.
        requirements: What must hold.
        billed: What the old side bills now; None: nobody asked it.
        evidence: What the flow adds.
    """

    customers: list[str] | None
    requirements: Requirements
    billed: Billed | None
    evidence: dict


def read_asked(values: dict) -> Asked:
    """Return what is asked for.

    Raises:
        UserError: A value is wrong.
    """
    evidence = values.get("evidence") or {}
    if not isinstance(evidence, dict):
        raise UserError(_("A cutover's evidence is an object."))
    return Asked(
        read_customers(values.get("customers")),
        read_requirements(values.get("requirements")),
        read_billed(values.get("billed")),
        evidence,
    )


def check(env, service, asked: Asked) -> dict:
    """Return what a plan would rest on, with its digest; see ``cutover_check``."""
    facts, wave = find_facts(env, service, asked)
    return {**facts, "wave": [standing.as_dict() for standing in wave]}


def plan(env, service, values: dict, user) -> dict:
    """Put a cutover on record and return it with its facts; ``user`` is who plans it.

    Until it is approved a second call works the facts out anew; then it returns what was
    approved.

    Raises:
        UserError: A value is missing, or the key stands for another service's cutover.
    """
    key = values.get("key")
    if not isinstance(key, str) or not key:
        raise UserError(env._("A cutover needs a key."))
    cutovers = env["fusion.billing.cutover"]
    cutover = cutovers.search([("key", "=", key)])
    if cutover and cutover.service_id != service:
        raise UserError(env._("The cutover '%(key)s' is another service's.", key=key))
    if not cutover or cutover.state in OPEN_STATES:
        asked = read_asked(values)
        facts, wave = find_facts(env, service, asked)
        stored = {
            "key": key,
            "service_id": service.id,
            "state": "planned",
            "customers": asked.customers,
            "requirements": asdict(asked.requirements),
            "gates": facts["gates"],
            "evidence": asked.evidence,
            "source_asked": asked.billed is not None,
            "gates_hold": facts["ok"],
            "digest": facts["digest"],
            "planned_at": fields.Datetime.now(),
            "planner_ids": [Command.link(one.id) for one in user | _askers(env, service, values)],
        }
        if cutover:
            cutover.write(stored)
        else:
            cutover = cutovers.create(stored)
        cutover._keep_wave(wave)
    return {
        "service": service.code,
        "phase": service.phase,
        "ok": cutover.gates_hold,
        "gates": cutover.gates,
        **cutover._counts(),
        "digest": cutover.digest,
        "cutover": cutover.key,
        "id": cutover.id,
        "state": cutover.state,
        "waivers": cutover._waivers(),
        "wave": [one._told() for one in cutover.customer_ids],
    }


def _askers(env, service, values: dict):
    """Return who asked in Odoo for the run that plans, or for one that is not over.

    The run itself says which it is. Were it only that, who runs it could say another.
    """
    told = values.get("flow_run")
    asked = env["fusion.billing.flow.run"].search(
        [
            ("service_id", "=", service.id),
            ("what", "=", "cutover"),
            ("dry_run", "=", False),
            "|",
            ("flow_run", "=", told if is_text(told) else "none"),
            ("state", "not in", OVER),
        ]
    )
    return asked.user_id


def facts_now(cutover) -> dict:
    """Return the facts of a plan as they are now; its digest is another if they changed."""
    billed = {one.external_id: one.billed or {} for one in cutover.customer_ids}
    asked = Asked(
        cutover.customers or None,
        Requirements(**cutover.requirements),
        billed if cutover.source_asked else None,
        cutover.evidence or {},
    )
    return find_facts(cutover.env, cutover.service_id, asked)[0]


def find_facts(env, service, asked: Asked) -> tuple[dict, list[Standing]]:
    """Work out what a decision rests on: what holds for everybody, and how each customer stands."""
    held = Holdings(env, service, asked.requirements.green_cycles)
    wave = wave_of(held, asked.customers, asked.requirements, asked.billed)
    gates = [
        *gates_of(held, asked.customers, asked.requirements),
        _told_by_flow(asked.evidence),
        _source_asked(asked.billed),
        somebody_ready(wave),
    ]
    ready = [standing for standing in wave if standing.ready]
    live = [("service_id", "=", service.id), ("billing_state", "=", "live")]
    found = {
        "service": service.code,
        "phase": service.phase,
        "ok": all(gate.ok for gate in gates),
        "gates": [gate.as_dict() for gate in gates],
        "customers": len(ready),
        "subscriptions": sum(standing.subscriptions for standing in ready),
        "waiting": len(wave) - len(ready),
        "live_customers": env["fusion.billing.account.link"].search_count(live),
        "digest": digest(
            {
                "service": service.code,
                "customers": asked.customers,
                "requirements": asdict(asked.requirements),
                "gates": [[gate.gate, gate.ok] for gate in gates],
                "wave": [[one.external_id, one.ready, one.digest] for one in wave],
                "evidence": asked.evidence,
            }
        ),
    }
    return found, wave


def _told_by_flow(evidence: dict) -> Gate:
    """Hold the flow's own conditions against it: the copy is fresh and safe, and what else."""
    told = evidence.get("gates") or []
    broken = [
        str(gate.get("name") or "?")
        for gate in told
        if not isinstance(gate, dict) or not gate.get("ok")
    ]
    good = "What the flow found itself is as it must be."
    return gate_of("evidence", broken, good, "conditions that the flow found are not met.")


def _source_asked(billed: Billed | None) -> Gate:
    if billed is None:
        return Gate("source_asked", ok=False, sentence="Nobody asked the old side what it bills.")
    count = sum(map(len, billed.values()))
    return Gate("source_asked", ok=True, sentence=f"The old side bills {count} subscriptions now.")


def read_customers(customers: object) -> list[str] | None:
    """Return the external ids of a pilot group in order, each once; None for all.

    Raises:
        UserError: It is no such list, or an empty one.
    """
    if customers is None:
        return None
    if (
        not isinstance(customers, list)
        or not 0 < len(customers) <= MAX_CUSTOMERS
        or not all(is_text(one) and one for one in customers)
    ):
        raise UserError(
            _(
                "A pilot group is a list of 1 to %(max_customers)s account ids.",
                max_customers=MAX_CUSTOMERS,
            )
        )
    return sorted(set(customers))


def find(env, key: object):
    """Return the cutover of this key in its company's environment.

    Raises:
        UserError: There is none.
    """
    cutover = env["fusion.billing.cutover"].search([("key", "=", key)]) if is_text(key) else None
    if not cutover:
        raise UserError(env._("No cutover '%(key)s' is planned in Odoo.", key=key))
    return cutover.with_company(cutover.company_id)
