"""A charge that is there, changed by what came for it: what did not come stays."""

from .errors import MANDATORY, InvalidError
from .objects import CHARGE
from .pricing import wanted_of, write_charge


def change_charge(call, charge, told: dict):
    """Change what a charge of a plan costs; return it.

    Args:
        call: The request.
        charge: The charge.
        told: As it came; null leaves a value as it is.

    Raises:
        InvalidError: A value cannot be taken.
    """
    plan = charge.service_plan_id
    values = {name: value for name, value in told.items() if value is not None}
    model = values.get("charge_model", charge.charge_model)
    if model != charge.charge_model and "properties" not in values:
        raise InvalidError({"properties": [MANDATORY]})
    shown = CHARGE.show(charge)
    before = {name: shown[name] for name in ("properties", "min_amount_cents", "code")}
    if model == "standard":
        before["properties"].pop("free_units", None)
    every = {
        **before,
        **(charge.api_values or {}),
        **values,
        "charge_model": model,
        "billable_metric_id": shown["lago_billable_metric_id"],
    }
    wanted = wanted_of(call, plan, every, charge)
    if model == "standard" and "properties" not in values:
        wanted.fields["included_quota"] = charge.included_quota
    return write_charge(call, plan, wanted, charge)
