"""cards: whom Odoo will charge by which card, brought from Stripe or from an exported list.

read accounts -> read their cards -> choose -> load -> report. No card moves at Stripe, and no order
in Odoo has one before its customer is switched.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from tasks.cards.choose import aside, choose
from tasks.cards.load import load
from tasks.cards.read import Holders, read_accounts, read_list, read_stripe, require_odoo
from tasks.cards.report import build_report
from tasks.cards.results import collect_results, not_asked, row_of, strangers
from tasks.model.cards import Holder
from tasks.model.report import Report
from tasks.run.batches import Loading
from tasks.run.doctor import company_of
from tasks.run.options import Count
from tasks.run.perform import perform
from tasks.run.run import Run


@perform("cards")
def cards(
    run: Run,
    service: str = "nexacloud",
    source: Literal["stripe", "file"] = "stripe",
    file: str = "",
    dry_run: bool = False,
    batch_customers: Annotated[int, Field(ge=1, le=500)] = 50,
    workers: Annotated[int, Field(ge=1, le=8)] = 2,
    max_without_card: Count = 0,
) -> Report:
    """Bring the cards that customers pay by into Odoo.

    Running it again is safe: a card that is there already is left as it is, and one that is no
    longer the customer's is taken away. Who is live is left alone.

    Args:
        service: Code of the service in Odoo.
        source: Where the cards are told: Stripe itself, with a key that only reads, or a list.
        file: An exported list (CSV) of stripe_customer_id, payment_method, brand, last4,
            exp_month, exp_year and default.
        dry_run: Odoo does all the work and rolls it back.
        batch_customers: Customers in one call.
        workers: Calls at once.
        max_without_card: So many accounts may be without a card without the run counting as failed.
    """
    with run.step("read"):
        about = require_odoo(run.settings, service)
        accounts = read_accounts(service)
        settled = {account: aside(account) for account in accounts}
        asked = [account for account, choice in settled.items() if choice is None]
        wanted = sorted({account.stripe_customer or "" for account in asked})
        if source == "file":
            holders: Holders = read_list(file)
        else:
            holders = read_stripe(wanted, batch_customers=batch_customers, workers=workers)
    run.log.info("%s accounts, %s to be charged by card.", len(accounts), len(asked))

    today = datetime.now(run.settings.timezone).date()
    unknown = source == "file"
    choices, rows = [], []
    for account, choice in settled.items():
        customer = account.stripe_customer or ""
        holder = holders.found.get(customer) or (Holder(customer, "unknown") if unknown else None)
        if choice is not None:
            choices.append(choice)
        elif holder is None:
            rows.append(not_asked(account, holders.stopped or "Stripe was not asked."))
        else:
            choices.append(choose(account, holder, today))
    with run.step("load"):
        loading = Loading(service, dry_run, batch_customers, workers)
        loaded = load(run, [choice for choice in choices if choice.is_known], loading)
    answers = {answer.external_id: answer for answer in loaded.answers}
    rows += [row_of(choice, answers, loaded.stopped) for choice in choices]
    if source == "file":
        known = {account.stripe_customer for account in accounts}
        rows += strangers(set(holders.found) - known, holders.lost)
    results = collect_results(
        rows,
        dry_run=dry_run,
        stopped=holders.stopped or loaded.stopped,
        max_without_card=max_without_card,
    )
    told_by = {"stripe": "Stripe", "file": "An exported list"}[source]
    head = partial(run.head, service=service, source=told_by, dry_run=dry_run)
    return build_report(head(company=company_of(about, service)), results)
