"""What decides in Odoo what becomes of invoices: a sentence each, and for a fault its remedy."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from odoo.addons.fusion_centralize_billing.periods.stored import company_zone

from .gate import deferred_accounts, invoice_policy
from .requirements import Gate

MODULE = "fusion_centralize_billing"
# Odoo's own scheduled actions, by what stands in their names; ours and Community's by their ids.
_SUBSCRIPTIONS = {
    "recurring invoices": "generate recurring invoices",
    "closing subscriptions": "subscriptions expiration",
}
_ACTIONS = {
    "invoices of usage": f"{MODULE}_usage.cron_invoice_usage",
    "mails": "mail.ir_cron_mail_scheduler_action",
    "sending invoices": "account.ir_cron_account_move_send",
    "payments": "payment.cron_post_process_payment_tx",
}
_DUTIES = (f"{MODULE}.group_manager", "base.group_system", "account.group_account_manager")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one subject; ``remedy`` is empty where nothing is wrong."""

    subject: str
    sentence: str
    remedy: str = ""


def look(env, service, user) -> list[dict]:
    """Return a finding for every subject; changes nothing.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        user: Who calls: the flows' account.
    """
    company = service.company_id
    found = [
        *_accounts(company),
        *_journals(env, company),
        *_provider(env, company),
        *_mail(env, company),
        *_actions(env),
        *_plans(env),
        *_policies(env, service),
        *_zone(company),
        *_rights(user),
    ]
    return [asdict(finding) for finding in found]


def _accounts(company) -> Iterator[Finding]:
    where = "Accounting > Configuration > Settings: set the accounts for deferred entries."
    yield _of_gate("Deferred accounts", deferred_accounts(company), "Missing", where)
    receivable = company.partner_id.with_company(company).property_account_receivable_id
    if not receivable:
        said = f"{company.name} has no receivable account."
        yield Finding("Accounts", said, "Install a chart of accounts for the company.")


def _of_gate(subject: str, gate: Gate, examples: str, remedy: str) -> Finding:
    if gate.ok:
        return Finding(subject, gate.sentence)
    return Finding(subject, f"{gate.sentence} {examples}: {', '.join(gate.examples)}.", remedy)


def _journals(env, company) -> Iterator[Finding]:
    journals = env["account.journal"].search([("company_id", "=", company.id)])
    sales = journals.filtered(lambda one: one.type == "sale")
    if not sales:
        said = f"{company.name} has no sales journal: no invoice can be made."
        yield Finding("Journals", said, "Accounting > Configuration > Journals: add one.")
    else:
        yield Finding("Journals", f"Invoices go to {sales[0].display_name}.")
        last = env["account.move"].search(
            [("journal_id", "=", sales[0].id), ("state", "=", "posted"), ("name", "!=", "/")],
            order="sequence_prefix desc, sequence_number desc",
            limit=1,
        )
        yield Finding("Sequence", _numbered(sales[0], last))
    if not journals.filtered(lambda one: one.type in ("bank", "cash", "credit")):
        said = f"{company.name} has no bank journal: no payment can be booked."
        yield Finding("Journals", said, "Accounting > Configuration > Journals: add a bank.")


def _numbered(journal, last) -> str:
    if not last:
        return f"No invoice is posted yet; the first one begins the numbers of {journal.code}."
    return f"The last invoice is {last.name}; the next one goes on from it."


def _provider(env, company) -> Iterator[Finding]:
    providers = env["payment.provider"].search(
        [("code", "=", "stripe"), ("company_id", "parent_of", company.id)]
    )
    enabled = providers.filtered(lambda one: one.state == "enabled")[:1]
    where = "Accounting > Configuration > Payment Providers > Stripe."
    if not enabled:
        state = providers[:1].state or "not there"
        said = f"Stripe is {state}: nobody's card would be charged."
        yield Finding("Payment provider", said, f"{where} Set its keys and enable it.")
        return
    faults = []
    if not enabled.journal_id:
        faults.append(("has no journal for its payments", "Set its payment journal."))
    if not enabled.allow_tokenization:
        faults.append(("saves no payment methods", "Allow saving payment methods."))
    if not enabled.stripe_webhook_secret:
        faults.append(
            ("has no webhook, so that what Stripe settles later stays open", "Generate a webhook.")
        )
    for said, remedy in faults:
        yield Finding("Payment provider", f"Stripe {said}.", f"{where} {remedy}")
    if not faults:
        yield Finding("Payment provider", "Stripe is enabled, and books its payments.")


def _mail(env, company) -> Iterator[Finding]:
    if env["ir.mail_server"].search_count([], limit=1):
        yield Finding("Mail", "A server for outgoing mail is set.")
    else:
        said = "No server for outgoing mail is set in Odoo: invoices may reach nobody."
        remedy = "Settings > Technical > Outgoing Mail Servers: add one, or see odoo.conf."
        yield Finding("Mail", said, remedy)
    if not company.email:
        said = f"{company.name} has no email address for its invoices to come from."
        yield Finding("Mail", said, "Settings > Companies: set it.")


def _actions(env) -> Iterator[Finding]:
    actions = env["ir.cron"].with_context(active_test=False)
    known = {
        what: actions.search([("name", "ilike", name)], limit=1)
        for what, name in _SUBSCRIPTIONS.items()
    }
    known |= {what: env.ref(name, raise_if_not_found=False) for what, name in _ACTIONS.items()}
    off = []
    for what, action in known.items():
        if not action:
            off.append(what)
            said = f"The scheduled action for {what} is not there."
            yield Finding("Scheduled actions", said, "Upgrade the module that brings it.")
        elif not action.active:
            off.append(what)
            said = f"The scheduled action '{action.name}' is off."
            remedy = "Settings > Technical > Scheduled Actions: switch it on before the switch."
            yield Finding("Scheduled actions", said, remedy)
    if not off:
        yield Finding("Scheduled actions", "All that invoice, charge and mail are on.")


def _plans(env) -> Iterator[Finding]:
    faults = env["sale.subscription.plan"]._fc_own()._fc_faults()
    for sentence in faults:
        where = "Subscriptions > Configuration > Recurring Plans: mend it."
        yield Finding("Recurring plans", sentence, where)
    if not faults:
        yield Finding("Recurring plans", "They close, charge and bother nobody on their own.")


def _policies(env, service) -> Iterator[Finding]:
    remedy = "Run the backfill: it sets the policy of our products."
    yield _of_gate("Invoice policies", invoice_policy(env, service), "Plans", remedy)


def _zone(company) -> Iterator[Finding]:
    zone = company_zone(company)
    if company.partner_id.tz:
        yield Finding("Time zone of the company", f"Days are those of {zone}.")
    else:
        said = f"The company's contact has no time zone: days are taken as those of {zone}."
        yield Finding("Time zone of the company", said, "Set it on the company's contact.")


def _rights(user) -> Iterator[Finding]:
    groups = [user.env.ref(name, raise_if_not_found=False) for name in _DUTIES]
    more = [group for group in groups if group and group in user.all_group_ids]
    if more:
        names = ", ".join(group.full_name for group in more)
        said = f"The flows' user {user.login} may do more than load: {names}."
        remedy = "Take these groups away: who loads neither decides nor administers."
        yield Finding("Access rights", said, remedy)
    else:
        yield Finding("Access rights", f"The flows' user {user.login} loads, and does no more.")
