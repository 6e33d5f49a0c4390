"""A cutover on record: what it is about, what it rests on, who decided."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

from odoo import _, fields
from odoo.exceptions import UserError

from .gate import Facts
from .requirements import Requirements, read_requirements

MAX_CUSTOMERS = 10_000
VALID_HOURS = 24
OPEN_STATES = ("planned", "refused")


def check(env, service, customers: object, requirements: object) -> dict:
    """Return the gate's facts with their digest; see ``cutover_check``."""
    return _facts(env, service, read_customers(customers), read_requirements(requirements), None)


def plan(env, service, values: dict) -> dict:
    """Put a cutover on record and return it with its facts.

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
        customers = read_customers(values.get("customers"))
        requirements = read_requirements(values.get("requirements"))
        evidence = values.get("evidence") or {}
        if not isinstance(evidence, dict):
            raise UserError(env._("A cutover's evidence is an object."))
        facts = _facts(env, service, customers, requirements, evidence)
        stored = {
            "key": key,
            "service_id": service.id,
            "state": "planned",
            "customers": customers,
            "requirements": requirements.as_dict(),
            "gates": facts["gates"],
            "evidence": evidence,
            "gates_hold": facts["ok"],
            "digest": facts["digest"],
            "planned_at": fields.Datetime.now(),
        }
        if cutover:
            cutover.write(stored)
        else:
            cutover = cutovers.create(stored)
    else:
        facts = {
            **Facts(env, service, cutover.customers or None, Requirements()).counts(),
            "service": service.code,
            "phase": service.phase,
            "ok": cutover.gates_hold,
            "gates": cutover.gates,
            "digest": cutover.digest,
        }
    decided = cutover.approval_ids[:1]
    expires = decided.expires_at if decided.decision == "yes" else None
    return {
        **facts,
        "cutover": cutover.key,
        "state": cutover.state,
        "expires_at": expires and f"{expires.isoformat()}Z",
    }


def _facts(env, service, customers, requirements: Requirements, evidence: dict | None) -> dict:
    found = Facts(env, service, customers, requirements)
    gates = [gate.as_dict() for gate in found.gates()]
    counts = found.counts()
    rests_on = {
        "service": service.code,
        "customers": customers,
        "requirements": requirements.as_dict(),
        "gates": gates,
        "counts": counts,
        "evidence": evidence or {},
    }
    return {
        "service": service.code,
        "phase": service.phase,
        "ok": all(gate["ok"] for gate in gates),
        "gates": gates,
        **counts,
        "digest": digest(rests_on),
    }


def digest(rests_on: dict) -> str:
    """Return the SHA-256 of what a decision rests on, as canonical JSON."""
    text = json.dumps(rests_on, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


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
        or not all(isinstance(one, str) and one for one in customers)
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
    cutover = env["fusion.billing.cutover"].search([("key", "=", key)]) if key else None
    if not cutover:
        raise UserError(env._("No cutover '%(key)s' is planned in Odoo.", key=key))
    return cutover.with_company(cutover.company_id)


def decide(env, values: dict, user) -> dict:
    """Record a decision and return it; the same key again returns the first record.

    Raises:
        UserError: It is about other evidence than the plan's, a yes while the gate does not
            hold, or without a name.
    """
    cutover = find(env, values.get("cutover"))
    key, who = values.get("key"), values.get("who")
    decision = values.get("decision")
    approvals = env["fusion.billing.approval"]
    if not isinstance(key, str) or not key or decision not in ("yes", "no"):
        raise UserError(env._("A decision needs a key, and is yes or no."))
    known = approvals.search([("key", "=", key)])
    if known:
        if (known.cutover_id, known.decision) != (cutover, decision):
            raise UserError(
                env._("The decision '%(key)s' is on record with other contents.", key=key)
            )
        return _decided(known)
    if not isinstance(who, str) or not who.strip():
        raise UserError(env._("A decision needs the name of who decides."))
    if values.get("digest") != cutover.digest:
        raise UserError(
            env._("The evidence is not the plan's any more: plan and look at it again.")
        )
    if decision == "yes" and not cutover.gates_hold:
        raise UserError(env._("The gate does not hold: this cutover cannot be approved."))
    decided_at = _moment(values.get("decided_at")) or fields.Datetime.now()
    expires_at = _moment(values.get("expires_at")) or decided_at + timedelta(hours=VALID_HOURS)
    approval = approvals.create(
        {
            "key": key,
            "cutover_id": cutover.id,
            "company_id": cutover.company_id.id,
            "decision": decision,
            "who": who.strip(),
            "user_id": user.id,
            "note": values.get("note"),
            "digest": cutover.digest,
            "decided_at": decided_at,
            "expires_at": expires_at,
        }
    )
    if cutover.state in (*OPEN_STATES, "approved", "rolled_back"):
        cutover.state = "approved" if decision == "yes" else "refused"
    return _decided(approval)


def _decided(approval) -> dict:
    return {
        "id": approval.id,
        "decision": approval.decision,
        "expires_at": f"{approval.expires_at.isoformat()}Z",
        "user": approval.user_id.login,
        "recorded_at": f"{approval.create_date.replace(microsecond=0).isoformat()}Z",
    }


def approved(cutover, key: object):
    """Return the approval that lets customers be switched now.

    Raises:
        UserError: There is none that covers this cutover, or it does not hold any more.
    """
    approval = cutover.approval_ids.filtered(lambda one: one.key == key)
    latest = cutover.approval_ids[:1]
    if not approval:
        raise UserError(
            _("The cutover '%(cutover)s' has no decision '%(key)s'.", cutover=cutover.key, key=key)
        )
    if latest.decision != "yes" or approval.decision != "yes":
        raise UserError(
            _(
                "%(who)s decided against the cutover '%(cutover)s'.",
                who=latest.who,
                cutover=cutover.key,
            )
        )
    if approval.digest != cutover.digest:
        raise UserError(_("The decision rests on other evidence than the plan: decide again."))
    if approval.expires_at <= fields.Datetime.now():
        raise UserError(
            _(
                "The approval of %(who)s expired on %(expires_at)s UTC: decide again.",
                who=approval.who,
                expires_at=approval.expires_at,
            )
        )
    return approval


def _moment(text: object) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise UserError(_("Times of a decision are ISO times.")) from None
    if moment.tzinfo:
        moment = moment.astimezone(UTC)
    return moment.replace(tzinfo=None, microsecond=0)
