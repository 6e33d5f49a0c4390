"""Why Odoo will not hold a subscription: it ended, or a row that it needs breaks a rule."""

from __future__ import annotations

from deployments.sample.world import World

#: These rows are loaded all the same.
WARNINGS = frozenset(
    {
        "country_missing", "email_shared", "stripe_id_missing", "quota_family_mismatch",
        "quota_not_core_hours", "rate_rounded_to_cents", "started_in_future", "usage_gap",
    }
)  # fmt: skip


ENDED = "ended: Odoo does not hold it"
#: Cause of a line that Odoo does not have, by what its item's name begins with.
CAUSE_OF_KIND = {
    "addon": "addon_missing",
    "one-off": "one_off",
    "credit": "credit",
    "discount": "discount",
    "proration": "proration",
    "other": "not_itemized",
}
#: Causes of lines that Odoo is not meant to have, whatever their amount.
NOT_IN_ODOO = frozenset({*CAUSE_OF_KIND.values(), "ended_before_copy", "kept_out"}) - {"proration"}


def cause_kept_out(reason: str) -> str:
    """Name the cause that such a reason is."""
    return "ended_before_copy" if reason == ENDED else "kept_out"


def reasons_kept_out(world: World) -> dict[str, str]:
    """Return by subscription id why it is not billed by Odoo; the others are."""
    broken = {
        (row.table_name, row.row_id): row.label for row in world.labels if row.label not in WARNINGS
    }
    deployments = {deployment.id: deployment for deployment in world.deployments}
    reasons: dict[str, str] = {}
    for subscription in world.subscriptions:
        deployment = deployments.get(subscription.deployment_id or "")
        if not subscription.live or deployment is None or deployment.deleted:
            reasons[subscription.id] = ENDED
            continue
        needs = (
            ("subscriptions", subscription.id),
            ("deployments", deployment.id),
            ("plans", subscription.plan_id),
            ("users", subscription.user_id),
            ("users", deployment.user_id),
        )
        label = next((broken[key] for key in needs if key in broken), None)
        if label:
            reasons[subscription.id] = f"kept out of Odoo: {label}"
    return reasons
