"""A plan and its charges."""

from functools import cached_property

from odoo.addons.fusion_centralize_billing.periods.cycles import CYCLES

from ..lago_id import lago_id
from .properties import properties
from .table import (
    CENTS,
    FLAG,
    FLAG_,
    FREE,
    ID,
    MOMENT,
    NOTHING,
    NUMBER,
    TEXT,
    TEXT_,
    Table,
    list_of,
)
from .values import cents, moment


def code_of(plan) -> str | None:
    """Return the code that a service knows a plan by, also one that it has deleted."""
    return (plan.api_values or {}).get("deleted_code") or plan.code or None


CHARGE = Table(
    "",
    {
        "lago_id": (ID, lago_id),
        "lago_billable_metric_id": (ID, lambda charge: lago_id(charge.metric_id)),
        "billable_metric_code": (
            TEXT,
            lambda charge: charge.metric_id.event_code or charge.metric_id.code,
        ),
        "code": (TEXT, lambda charge: charge.metric_id.code),
        "invoice_display_name": (TEXT_, None),
        "charge_model": (TEXT, lambda charge: charge.charge_model),
        "pay_in_advance": (FLAG, False),
        "prorated": (FLAG, False),
        "invoiceable": (FLAG, True),
        "regroup_paid_fees": (TEXT_, None),
        "min_amount_cents": (
            CENTS,
            lambda charge: cents(charge.minimum_amount, charge.currency_id),
        ),
        "properties": (FREE, properties),
        "filters": (NOTHING, []),
        "taxes": (NOTHING, []),
        "created_at": (MOMENT, lambda charge: moment(charge.create_date)),
    },
)


class _Seen:
    """A ``fusion.billing.plan``.

    Lago's plans have one interval; of one that is sold monthly and yearly the month is told.
    """

    def __init__(self, plan) -> None:
        self.plan = plan
        self.told = plan.api_values or {}

    @cached_property
    def interval(self) -> str:
        return self.plan._cycle()


PLAN = Table(
    "Plan",
    {
        "lago_id": (ID, lambda seen: lago_id(seen.plan)),
        "name": (TEXT, lambda seen: seen.plan.name),
        "invoice_display_name": (TEXT_, lambda seen: seen.told.get("invoice_display_name")),
        "code": (TEXT, lambda seen: code_of(seen.plan)),
        "interval": (
            {"type": "string", "enum": list(CYCLES)},
            lambda seen: seen.interval,
        ),
        "description": (TEXT_, lambda seen: seen.told.get("description")),
        "amount_cents": (CENTS, lambda seen: cents(seen.plan._price(), seen.plan.currency_id)),
        "amount_currency": (TEXT, lambda seen: seen.plan.currency_id.name),
        "trial_period": (NUMBER, 0.0),
        "pay_in_advance": (FLAG, lambda seen: bool(seen.told.get("pay_in_advance"))),
        "bill_charges_monthly": (FLAG_, lambda seen: True if seen.interval == "yearly" else None),
        "charges": (
            list_of(CHARGE.schema),
            lambda seen: [CHARGE.show(charge) for charge in seen.plan.charge_ids],
        ),
        "usage_thresholds": (NOTHING, []),
        "taxes": (NOTHING, []),
        "metadata": (FREE, lambda seen: seen.told.get("metadata") or {}),
        "created_at": (MOMENT, lambda seen: moment(seen.plan.create_date)),
    },
    root="plan",
    plural="plans",
    view=_Seen,
)
