"""Who may say yes to a cutover, on what, and for how long."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError

from .plan import OPEN_STATES, facts_now, find

MANAGER = "fusion_centralize_billing.group_manager"
VALID = timedelta(hours=24)


def decide(cutover, user, values: dict):
    """Record what a person decided about a planned cutover, and return the approval.

    Args:
        cutover: The ``fusion.billing.cutover``, in a superuser environment of its company.
        user: Who decides: the user who calls.
        values: ``decision`` (yes or no); for a yes also ``digest`` (of the evidence that was
            shown), ``waive`` (names of what is waived) and ``note``.

    Raises:
        AccessError: The user is no person of the Manager group, or planned the cutover.
        UserError: A yes to other evidence than that of now, while the gate does not hold, or
            without a word on what it waives.
    """
    env = cutover.env
    _require_second_person(cutover, user)
    decision, note = values.get("decision"), str(values.get("note") or "").strip()
    if decision not in ("yes", "no"):
        raise UserError(env._("A decision is yes or no."))
    if decision == "yes":
        _require_evidence(cutover, values.get("digest"))
        _require_waivers(cutover, values.get("waive") or [], note)
    now = fields.Datetime.now()
    approval = env["fusion.billing.approval"].create(
        {
            "key": f"{cutover.key}/{len(cutover.approval_ids) + 1}",
            "cutover_id": cutover.id,
            "company_id": cutover.company_id.id,
            "decision": decision,
            "who": user.name,
            "user_id": user.id,
            "note": note,
            "waived": waivers_text(cutover) if decision == "yes" else False,
            "digest": cutover.digest,
            "decided_at": now,
            "expires_at": now + VALID,
        }
    )
    if cutover.state in (*OPEN_STATES, "approved", "rolled_back"):
        cutover.state = "approved" if decision == "yes" else "refused"
    return approval


def to_decide(env, key: object):
    """Return a cutover that the user sees, in a superuser environment of its company.

    Raises:
        UserError: The user sees none of this key.
        AccessError: The user sees no cutovers.
    """
    seen = find(env(context={}), key)
    env.flush_all()
    cutover = seen.with_env(env(su=True, context={"tracking_disable": True}))
    return cutover.with_company(cutover.company_id)


def answer(approval) -> dict | None:
    """Return a decision as JSON types; None for none."""
    if not approval:
        return None
    now = fields.Datetime.now()
    covers = approval.digest == approval.cutover_id.digest
    return {
        "key": approval.key,
        "decision": approval.decision,
        "who": approval.who,
        "user": approval.user_id.login,
        "note": approval.note or "",
        "waived": (approval.waived or "").splitlines(),
        "decided_at": f"{approval.decided_at.isoformat()}Z",
        "expires_at": f"{approval.expires_at.isoformat()}Z",
        "holds": approval.decision == "yes" and covers and approval.expires_at > now,
    }


def approved(cutover, key: object = None):
    """Return the approval that lets customers be switched now.

    Args:
        cutover: The ``fusion.billing.cutover``.
        key: Of the decision that the caller relies on; None: the latest.

    Raises:
        UserError: There is none that covers this cutover, or it does not hold any more.
    """
    env = cutover.env
    latest = cutover.approval_ids[:1]
    if not latest or (key and key not in cutover.approval_ids.mapped("key")):
        raise UserError(
            env._("Nobody has approved the cutover '%(cutover)s' in Odoo.", cutover=cutover.key)
        )
    if latest.decision != "yes":
        raise UserError(
            env._(
                "%(who)s decided against the cutover '%(cutover)s'.",
                who=latest.who,
                cutover=cutover.key,
            )
        )
    if latest.digest != cutover.digest:
        raise UserError(env._("The decision rests on other evidence than the plan: decide again."))
    if latest.expires_at <= fields.Datetime.now():
        raise UserError(
            env._(
                "The approval of %(who)s expired on %(expires_at)s UTC: plan again, and decide "
                "again.",
                who=latest.who,
                expires_at=latest.expires_at,
            )
        )
    return latest


def waivers_text(cutover) -> str:
    """Return the requirements that ask for less than is usual, a line each."""
    asked = cutover.requirements or {}
    return "\n".join(f"{name} = {asked[name]}" for name in cutover._waivers())


def _require_second_person(cutover, user) -> None:
    env = cutover.env
    if not user.has_group(MANAGER) or user.share or user == env.ref("base.user_root"):
        raise AccessError(
            env._("Deciding about a cutover is for a person of the group Centralized Billing / "
                  "Manager.")
        )  # fmt: skip
    if user in cutover.planner_ids:
        raise AccessError(
            env._("%(user)s planned this cutover: somebody else decides about it.", user=user.name)
        )


def _require_evidence(cutover, digest: object) -> None:
    env = cutover.env
    if cutover.state not in (*OPEN_STATES, "approved"):
        raise UserError(env._("This cutover has run already: plan another one."))
    if digest != cutover.digest:
        raise UserError(
            env._("The evidence is not the plan's any more: plan and look at it again.")
        )
    if cutover.planned_at <= fields.Datetime.now() - VALID:
        raise UserError(
            env._(
                "The evidence is of %(planned_at)s UTC, more than a day ago: plan and look at it "
                "again.",
                planned_at=cutover.planned_at,
            )
        )
    if not cutover.gates_hold:
        raise UserError(env._("The gate does not hold: this cutover cannot be approved."))
    if facts_now(cutover)["digest"] != digest:
        raise UserError(
            env._("What the plan rests on has changed since: plan and look at it again.")
        )


def _require_waivers(cutover, waive: object, note: str) -> None:
    env = cutover.env
    wanted = cutover._waivers()
    if not isinstance(waive, list) or sorted(map(str, waive)) != wanted:
        raise UserError(
            env._(
                "This plan asks for less than is usual. Confirm exactly what you waive: %(names)s.",
                names=", ".join(wanted) or env._("nothing"),
            )
        )
    if wanted and not note:
        raise UserError(env._("Say why you waive: %(names)s.", names=", ".join(wanted)))
