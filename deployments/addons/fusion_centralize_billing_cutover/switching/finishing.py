"""How a cutover ends, and what phase its service is in then."""

from odoo import fields

from . import credits

_APPROVED = ("running", "done", "rolled_back")


def finish(cutover) -> dict:
    """Close a running cutover all of whose ready customers are live; the phase follows."""
    env, service = cutover.env, cutover.service_id
    env.flush_all()
    left = cutover.customer_ids.filtered(lambda one: one.ready and one.billing_state != "live")
    if not left:
        if not cutover.customers and not anybody_waits(env, service):
            _switch_idle(cutover)
        if cutover.state != "done":
            cutover.write({"state": "done", "finished_at": fields.Datetime.now()})
    set_phase(env, service)
    env.flush_all()
    ours = [("service_id", "=", service.id)]
    if cutover.customers:
        ours.append(("external_id", "in", cutover.customers))
    links = env["fusion.billing.account.link"]
    counts = {
        state: links.search_count([*ours, ("billing_state", "=", state)])
        for state in ("live", "shadow")
    }
    return {"state": cutover.state, **counts, "phase": service.phase}


def anybody_waits(env, service) -> bool:
    """Tell whether the old side bills anybody still, as far as Odoo knows.

    Those are the holders of a shadow, and whom the last cutover of everybody kept back, although
    they may have nothing in Odoo. A plan that nobody approved tells nothing: its planner chose
    what it looks at.
    """
    drafts = [("x_fc_service_id", "=", service.id), ("x_fc_shadow", "=", True)]
    if env["sale.order"].search_count([*drafts, ("state", "=", "draft")], limit=1):
        return True
    approved = [("service_id", "=", service.id), ("state", "in", _APPROVED)]
    cutovers = env["fusion.billing.cutover"].search(approved)
    latest = next((one for one in cutovers if not one.customers), cutovers.browse())
    return any(not one.ready and one.billing_state != "live" for one in latest.customer_ids)


def set_phase(env, service) -> None:
    """Let the service's phase follow its customers: live when the old side bills nobody."""
    env.flush_all()
    live = [("service_id", "=", service.id), ("billing_state", "=", "live")]
    phase = "dual_run"
    if env["fusion.billing.account.link"].search_count(live, limit=1):
        phase = "cutover" if anybody_waits(env, service) else "live"
    if service.phase != phase:
        service.phase = phase


def _switch_idle(cutover) -> None:
    """Let Odoo bill also who has no subscription; what is owed to them is theirs."""
    idle = cutover.env["fusion.billing.account.link"].search(
        [("service_id", "=", cutover.service_id.id), ("billing_state", "=", "shadow")]
    )
    credits.post(cutover.env, idle)
    idle.write(
        {"billing_state": "live", "live_since": fields.Datetime.now(), "cutover_id": cutover.id}
    )
