"""A plan, its charges, and the add-ons that a service sells once or beside a plan."""

from functools import cached_property

from odoo.addons.fusion_centralize_billing.periods.calendar import CYCLES

from ..lago_id import lago_id, lago_id_of
from .properties import properties
from .table import (
    CENTS,
    CREATED,
    FLAG,
    FLAG_,
    FREE,
    ID,
    ID_,
    MOMENT,
    NOTHING,
    NUMBER,
    TEXT,
    TEXT_,
    UPDATED,
    Table,
    list_of,
    one_of,
)
from .tax import TAX, code_of_tax, taxes_named
from .values import cents, decimal_text, moment


def _of_parent(charge) -> str | None:
    """Return the id of the plan's charge from which one subscription's was made."""
    charges = charge.service_plan_id.parent_id._main_charges()
    found = charges.filtered(lambda one: one._api_code() == charge._api_code())[:1]
    return lago_id(found) if found else None


def code_of(plan) -> str | None:
    """Return the code that a service knows a plan by, also one that it has deleted."""
    plan = plan._sold()
    return (plan.api_values or {}).get("deleted_code") or plan.code or None


_FILTER = Table(
    "",
    {
        "invoice_display_name": (TEXT_, lambda part: part._filter().get("invoice_display_name")),
        "properties": (FREE, properties),
        "values": (FREE, lambda part: part._filter()["values"]),
    },
)
CHARGE_FILTER = Table(
    "ChargeFilter",
    {
        "lago_id": (ID, lago_id),
        "charge_code": (TEXT, lambda part: part.filter_of_id._api_code()),
        **_FILTER.keys,
    },
    root="filter",
    model="fusion.billing.charge",
)
CHARGE = Table(
    "Charge",
    {
        "lago_id": (ID, lago_id),
        "lago_billable_metric_id": (ID, lambda charge: lago_id(charge.metric_id._whole())),
        "billable_metric_code": (
            TEXT,
            lambda charge: charge.metric_id.event_code or charge.metric_id.code,
        ),
        "code": (TEXT, lambda charge: charge._api_code()),
        "invoice_display_name": (
            TEXT_,
            lambda charge: (charge.api_values or {}).get("invoice_display_name"),
        ),
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
        "filters": (
            list_of(_FILTER.schema),
            lambda charge: [_FILTER.show(part) for part in charge.filter_ids],
        ),
        "taxes": (
            list_of(FREE),
            lambda charge: taxes_named(
                charge.service_id, (charge.api_values or {}).get("tax_codes")
            ),
        ),
        "lago_parent_id": (ID_, _of_parent),
        "created_at": CREATED,
    },
    root="charge",
    model="fusion.billing.charge",
)
ADD_ON = Table(
    "AddOn",
    {
        "lago_id": (ID, lago_id),
        "name": (TEXT, lambda add_on: add_on.name),
        "invoice_display_name": (TEXT_, lambda add_on: add_on.invoice_display_name or None),
        "code": (TEXT, lambda add_on: add_on.code),
        "amount_cents": (CENTS, lambda add_on: cents(add_on.amount, add_on.currency_id)),
        "amount_currency": (TEXT, lambda add_on: add_on.currency_id.name),
        "description": (TEXT_, lambda add_on: add_on.description or None),
        "created_at": CREATED,
        "taxes": (list_of(FREE), lambda add_on: [TAX.show(code) for code in add_on.tax_code_ids]),
    },
    root="add_on",
    model="fusion.billing.add.on",
)
FIXED_CHARGE = Table(
    "FixedCharge",
    {
        "lago_id": (ID, lago_id),
        "lago_add_on_id": (ID, lambda charge: lago_id(charge.add_on_id)),
        "lago_parent_id": (ID_, None),
        "invoice_display_name": (
            TEXT,
            lambda charge: charge.invoice_display_name or charge.add_on_id.name,
        ),
        "add_on_code": (TEXT, lambda charge: charge.add_on_id.code),
        "code": (TEXT, lambda charge: charge.code),
        "charge_model": (TEXT, "standard"),
        "pay_in_advance": (FLAG, lambda charge: charge.plan_id._is_ahead()),
        "prorated": (FLAG, False),
        "properties": (FREE, lambda charge: {"amount": decimal_text(charge.price)}),
        "units": (NUMBER, lambda charge: charge.units),
        "taxes": (list_of(FREE), lambda charge: [TAX.show(code) for code in charge.tax_code_ids]),
        "created_at": CREATED,
    },
    root="fixed_charge",
    model="fusion.billing.fixed.charge",
)


class _Seen:
    """A ``fusion.billing.plan``, at another price if one is agreed for a subscription.

    Lago's plans have one interval; of one that is sold monthly and yearly the month is told.
    """

    def __init__(self, plan, price: float | None = None) -> None:
        self.plan = plan
        self.told = plan.api_values or {}
        self.price = plan._price() if price is None else price

    @cached_property
    def interval(self) -> str:
        return self.plan._cycle()


def _tax_codes(plan) -> list[dict]:
    codes = (code_of_tax(plan.service_id, tax) for tax in plan.minimum_tax_ids)
    return [TAX.show(code) for code in codes if code]


MINIMUM_COMMITMENT = Table(
    "MinimumCommitment",
    {
        "lago_id": (ID, lambda plan: lago_id_of(f"{plan._name}.minimum", plan.id)),
        "plan_code": (TEXT, code_of),
        "amount_cents": (CENTS, lambda plan: cents(plan.minimum_amount, plan.currency_id)),
        "invoice_display_name": (TEXT, lambda plan: plan.minimum_name or None),
        "interval": (one_of(*CYCLES), lambda plan: plan._cycle()),
        "taxes": (list_of(FREE), _tax_codes),
        "created_at": (MOMENT, lambda plan: moment(plan.minimum_from or plan.create_date)),
        "updated_at": UPDATED,
    },
    bare=("invoice_display_name",),
)


def _charges_monthly(seen: _Seen) -> bool | None:
    """Return whether usage is charged monthly; of a yearly plan that says nothing, it is."""
    if seen.interval not in ("yearly", "semiannual"):
        return None
    return seen.plan._charges_monthly()


PLAN = Table(
    "Plan",
    {
        "lago_id": (ID, lambda seen: lago_id(seen.plan)),
        "name": (TEXT, lambda seen: seen.plan.name),
        "invoice_display_name": (TEXT_, lambda seen: seen.told.get("invoice_display_name")),
        "code": (TEXT, lambda seen: code_of(seen.plan)),
        "interval": (one_of(*CYCLES), lambda seen: seen.interval),
        "description": (TEXT_, lambda seen: seen.told.get("description")),
        "amount_cents": (CENTS, lambda seen: cents(seen.price, seen.plan.currency_id)),
        "amount_currency": (TEXT, lambda seen: seen.plan.currency_id.name),
        "trial_period": (NUMBER, lambda seen: float(seen.told.get("trial_period") or 0)),
        "pay_in_advance": (FLAG, lambda seen: seen.plan._is_ahead()),
        "bill_charges_monthly": (FLAG_, _charges_monthly),
        "bill_fixed_charges_monthly": (FLAG_, None),
        "charges": (
            list_of(CHARGE.ref),
            lambda seen: [CHARGE.show(charge) for charge in seen.plan._main_charges()],
        ),
        "fixed_charges": (
            list_of(FIXED_CHARGE.ref),
            lambda seen: [FIXED_CHARGE.show(one) for one in seen.plan.fixed_charge_ids],
        ),
        "minimum_commitment": (
            MINIMUM_COMMITMENT.ref,
            lambda seen: MINIMUM_COMMITMENT.show(seen.plan) if seen.plan.minimum_amount else None,
        ),
        "usage_thresholds": (NOTHING, []),
        "taxes": (
            list_of(FREE),
            lambda seen: taxes_named(seen.plan.service_id, seen.told.get("tax_codes")),
        ),
        "metadata": (FREE, lambda seen: seen.told.get("metadata") or {}),
        "created_at": (MOMENT, lambda seen: moment(seen.plan.create_date)),
    },
    root="plan",
    model="fusion.billing.plan",
    view=_Seen,
    bare=("description", "invoice_display_name", "minimum_commitment"),
)
