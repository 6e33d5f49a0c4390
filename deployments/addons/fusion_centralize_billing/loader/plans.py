"""Plans: the plan itself, its two products and its charges."""

from odoo.fields import Command
from odoo.tools import SQL

from ..models.fusion_billing_charge import HAS_LIVE_ORDER
from ..periods.calendar import CYCLES
from . import values
from .charges import changes_of, new_charge, read_charges
from .currencies import Currencies, list_price
from .differences import differences, sentence
from .halving import load_in_halves
from .order_lines import product_values
from .row import CREATED, UNCHANGED, UPDATED, InvalidRowError, Row
from .taxes import TaxCodes, codes_in

# Which of its prices a plan's product shows.
_SHOWN = ("monthly", "yearly", "quarterly", "semiannual", "weekly")

_LIVE = (
    "The source's plan is another one now, but Odoo bills customers by it: change it in Odoo, "
    "or keep the old terms there."
)


class PlanLoader:
    """Loads the plans of one bundle; few, so each is written on its own.

    After ``load`` every row has an outcome and, unless it failed, the id of its
    ``fusion.billing.plan``.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        full_compare: Also look for edits made in Odoo, and put them back.
    """

    def __init__(self, env, service, full_compare: bool) -> None:
        self.env = env
        self.service = service
        self.full_compare = full_compare
        self.currencies = Currencies(env, service.company_id)
        self.tax_codes = TaxCodes(env, service)

    def load(self, rows: list[Row]) -> None:
        """Create, update or leave each plan; every charge ends without a recurring plan.

        A plan that Odoo bills somebody by is left alone, its charges too.
        """
        if not rows:
            return
        by_id, by_code = self._stored(rows)
        seen, todo = set(), []
        for row in rows:
            if row.outcome:
                continue
            if codes := codes_in(*row.data["charges"], row.data.get("minimum") or {}):
                row.fingerprint = self.tax_codes.mark(row.fingerprint, codes)
            try:
                self._find(row, by_id, by_code, seen)
                if not row.outcome:
                    self._read_row(row)
                    todo.append(row)
            except InvalidRowError as refused:
                row.fail(refused.code, refused.message)
        load_in_halves(self.env, todo, self._save)

    def _stored(self, rows: list[Row]) -> tuple[dict, dict]:
        """Return what is stored of these plans by id and by code, in one query."""
        codes = [row.data["code"] for row in rows]
        query = SQL(
            """
            SELECT plan.id, plan.external_id, plan.code, plan.fingerprint, EXISTS (
                SELECT FROM fusion_billing_charge charge
                WHERE charge.service_plan_id = plan.id AND charge.plan_id IS NOT NULL
            ), %s
            FROM fusion_billing_plan plan
            WHERE service_id = %s AND (external_id = ANY(%s) OR code = ANY(%s))
            """,
            HAS_LIVE_ORDER,
            self.service.id,
            [row.external_id for row in rows],
            [code for code in codes if isinstance(code, str) and code.isprintable()],
        )
        found = self.env.execute_query(query)
        return {plan[1]: plan for plan in found}, {plan[2]: plan for plan in found}

    def _find(self, row: Row, by_id: dict, by_code: dict, seen: set) -> None:
        """Note the stored plan in ``work["id"]``, and end the row if nothing changed."""
        code = values.required_text(row.data, "code")
        holder = by_code.get(code)
        stored = by_id.get(row.external_id) or holder
        if code in seen or (holder and holder[0] != stored[0]):
            raise InvalidRowError("invalid_value", f"Another plan has the code '{code}' already.")
        seen.add(code)
        row.work["id"] = stored and stored[0]
        if not stored:
            return
        _id, _external_id, _code, mark, chargeable, live = stored
        row.work["same"] = mark == row.fingerprint
        if live:
            row.done(UNCHANGED, stored[0])
            if not row.work["same"]:
                row.note("plan_live", _LIVE)
            return
        if row.work["same"] and not chargeable and not self.full_compare:
            row.done(UNCHANGED, stored[0])

    def _read_row(self, row: Row) -> None:
        data = row.data
        prices = data["flat_prices"]
        if not set(prices) <= set(CYCLES):
            raise InvalidRowError(
                "invalid_value", f"flat_prices may hold {', '.join(CYCLES)} and nothing else."
            )
        currency = self.currencies.get(data["currency"])
        if not self.currencies.has_rate(currency):
            row.note(
                "currency_without_rate",
                f"Odoo has no exchange rate for {currency.name}: enter one before the cutover, "
                "or its invoices are booked one to one.",
            )
        name = values.required_text(data, "name")
        code = values.required_text(data, "code")
        sold = {cycle: prices.get(cycle) is not None for cycle in CYCLES}
        amounts = {cycle: values.amount(prices, cycle) if sold[cycle] else 0.0 for cycle in CYCLES}
        row.values = {
            "service_id": self.service.id,
            "external_id": row.external_id,
            "code": code,
            "name": name,
            "active": values.flag(data, "active"),
            "currency_id": currency.id,
            **{f"sold_{cycle}": sold[cycle] for cycle in CYCLES},
            **{f"price_{cycle}": amounts[cycle] for cycle in CYCLES},
            **self._minimum(data.get("minimum")),
        }
        shown = next((amounts[cycle] for cycle in _SHOWN if sold[cycle]), 0.0)
        prefix = f"{self.service.code}:{code}"
        foreign = self.currencies.is_foreign(currency)
        # A product's own price is in the company's currency; another's is on its price list.
        row.work["listed"] = (self.currencies.price_list(currency), shown) if foreign else None
        own = 0.0 if foreign else shown
        row.work["flat"] = product_values(name, prefix, own, recurring=True)
        row.work["overage"] = product_values(
            f"{name}: overage", f"{prefix}:overage", 0.0, recurring=False
        )
        for charge in data["charges"]:
            if charge["currency"] != currency.name:
                raise InvalidRowError(
                    "unknown_currency", "The currency must be its plan's; correct it in the source."
                )
        shared = {
            "service_id": self.service.id,
            "plan_code": code,
            "plan_external_id": row.external_id,
            "plan_id": False,
            "currency_id": currency.id,
        }
        row.work["charges"] = read_charges(self.env, data["charges"], shared, self.tax_codes)

    def _minimum(self, told: dict | None) -> dict:
        """Return the least that a period of the plan costs; None: there is no such rule."""
        taxes = self.tax_codes.of(told) if told else None
        return {
            "minimum_amount": values.amount(told, "amount") if told else 0.0,
            "minimum_name": values.required_text(told, "name") if told else False,
            "minimum_taxes_told": taxes is not None,
            "minimum_tax_ids": taxes or False,
        }

    def _save(self, rows: list[Row]) -> None:
        for row in rows:
            if row.work["id"]:
                self._update(row)
            else:
                self._insert(row)

    def _insert(self, row: Row) -> None:
        # Never one that is here: whatever is found by a code, another plan's code may spell.
        products = self.env["product.product"]
        flat, overage = products.create([row.work["flat"], row.work["overage"]])
        charges = [
            Command.create({**new_charge(charge), "product_id": overage.id})
            for charge in row.work["charges"].values()
        ]
        plan = self.env["fusion.billing.plan"].create(
            {
                **row.values,
                "flat_product_id": flat.id,
                "overage_product_id": overage.id,
                "charge_ids": charges,
                "fingerprint": row.fingerprint,
            }
        )
        if row.work["listed"]:
            list_price(*row.work["listed"], flat)
        row.done(CREATED, plan.id)

    def _update(self, row: Row) -> None:
        plan = self.env["fusion.billing.plan"].browse(row.work["id"])
        edits = [
            (plan, differences(plan, row.values)),
            (plan.flat_product_id, differences(plan.flat_product_id, row.work["flat"])),
            (plan.overage_product_id, differences(plan.overage_product_id, row.work["overage"])),
        ]
        wanted = row.work["charges"]
        product_id = plan.overage_product_id.id
        kept = plan.charge_ids.filtered(lambda charge: charge.metric_id.id in wanted)
        for charge in kept:
            target = {**wanted[charge.metric_id.id], "product_id": product_id}
            edits.append((charge, changes_of(charge, target)))
        extra, missing = plan.charge_ids - kept, wanted.keys() - kept.metric_id._ids
        edits = [(record, changed) for record, changed in edits if changed]
        on_list = row.work["listed"]
        listed = bool(on_list) and list_price(*on_list, plan.flat_product_id)
        different = bool(edits or extra or missing or listed)
        if different and row.work["same"]:
            told = [sentence(record, changed) for record, changed in edits]
            told += ["Charges were added or deleted in Odoo"] if extra or missing else []
            row.note("drift", f"Put back to the source's values. {'; '.join(told)}.")
        for record, changed in edits:
            record.write(changed)
        extra.unlink()
        self.env["fusion.billing.charge"].create(
            [
                {
                    **new_charge(wanted[metric_id]),
                    "service_plan_id": plan.id,
                    "product_id": product_id,
                }
                for metric_id in missing
            ]
        )
        plan.fingerprint = row.fingerprint
        row.done(UPDATED if different else UNCHANGED, plan.id)
