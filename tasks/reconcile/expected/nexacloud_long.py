"""What NexaCloud's terms say of the price of a year that runs, also where its plan was changed.

A plan that was changed in place was billed by days: what was left of the new price tells that
price. So the rest of the new plan is compared, and not what the plan before had cost.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from tasks.model.ledger import FLAT, PRORATION, LedgerLine
from tasks.reconcile.expected.nexacloud import Due, NexaCloudTerms
from tasks.reconcile.expected.nexacloud_rows import DeploymentRows, Told
from tasks.reconcile.long_periods import Changed

#: Days of a change are counted by the hour, or whole.
_A_DAY_OR_TWO = timedelta(hours=36)


def long_due(
    terms: NexaCloudTerms,
    deployment: DeploymentRows,
    told: Told,
    subscriptions: Collection[str],
) -> tuple[Due, dict[str, Changed]]:
    """Give what is due of some of a deployment's subscriptions, and how changes were billed.

    A price that was changed is not among the former.

    Args:
        terms: Of the time in which their periods begin, and all that came after.
        deployment: Its rows; of its usage nothing is asked.
        told: What its invoices settled.
        subscriptions: Ids of those that are paid by more than a month.
    """
    due = terms.due(deployment, told)
    mine = Due(
        [line for line in due.lines if line.subscription in subscriptions],
        {each for each in due.left_out if each.subscription in subscriptions},
    )
    if not any(line.item == FLAT and '"until":' in line.terms for line in mine.lines):
        return mine, {}
    # Without the changes all of it is of the plan of today.
    now = terms.due(deployment, Told((), told.billed))
    changed = {}
    for line in now.lines:
        if line.item == FLAT and line.subscription in subscriptions:
            found = _changed(line, mine.lines, told)
            if found is not None:
                changed[line.subscription] = found
    mine.lines = [
        line for line in mine.lines if line.subscription not in changed or line.item != FLAT
    ]
    return mine, changed


def _changed(flat: LedgerLine, due: list[LedgerLine], told: Told) -> Changed | None:
    """Find the rest of the present plan that a change within its period was billed with."""
    price, whole = Decimal(flat.amount), flat.period_end - flat.period_start
    rests = [
        line
        for line in due
        if line.subscription == flat.subscription
        and line.item.startswith(PRORATION)
        and (Decimal(line.amount) > 0 if price else not Decimal(line.amount))
        and flat.period_start < line.period_start < flat.period_end
    ]
    if not rests:
        return None
    last = max(rests, key=lambda line: (line.period_start, line.item))
    left = Fraction((flat.period_end - last.period_start) / whole)
    # What is free now has no price to tell a share of.
    share = Fraction(last.amount) / Fraction(price) if price else left
    if abs(share - left) > Fraction(_A_DAY_OR_TWO / whole):
        # It is of another plan than that of today, which nobody was billed for.
        return None
    billed = next(
        line
        for line in told.prorations
        if (line.subscription, line.item, line.period_start, line.ref)
        == (last.subscription, last.item, last.period_start, last.ref)
    )
    return Changed(
        billed._replace(item=FLAT),
        last._replace(item=FLAT, terms=flat.terms),
        share,
    )
