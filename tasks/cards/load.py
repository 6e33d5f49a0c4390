"""load: the chosen cards into Odoo, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect.utilities.annotations import quote

from tasks.cards.choose import Choice
from tasks.clients.odoo import cards as odoo_cards
from tasks.model.records import LoadedRow
from tasks.run.batches import Loaded, Loading, in_parts, load_all, progress_bar
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings


@io_task("load-cards", run_name="load-{wire[key]}", resumable=True)
def load_batch(wire: dict[str, Any]) -> list[LoadedRow]:
    """Send one batch; sending it twice leaves one token for each account."""
    odoo = load_settings().odoo()
    return in_parts(wire, lambda part: odoo_cards.load(odoo, part), split_at="rows")


def load(run: Run, choices: Sequence[Choice], loading: Loading) -> Loaded:
    """Load the cards, and say of whom there is none; Odoo links them to no order."""
    size = loading.batch_rows
    wires = [
        {
            "service": loading.service,
            "key": f"{number:04}",
            "dry_run": loading.dry_run,
            "rows": [_row(choice) for choice in choices[place : place + size]],
        }
        for number, place in enumerate(range(0, len(choices), size), start=1)
    ]
    return load_all(
        [],
        wires,
        submit=lambda wire: load_batch.submit(quote(wire)),
        workers=loading.workers,
        progress=progress_bar(f"{run.flow}-progress", len(choices)),
    )


def _row(choice: Choice) -> dict[str, Any]:
    card = choice.card
    return {
        "account": choice.account.account,
        "stripe_customer": choice.account.stripe_customer,
        "card": card
        and {
            "payment_method": card.payment_method,
            "brand": card.brand,
            "last4": card.last4,
            "exp_month": card.month,
            "exp_year": card.year,
        },
    }
