"""doctor: is everything there that a run needs? All faults are named at once.

Beside the systems themselves it looks at space, clocks, and who may listen; with ``--deep`` at
whether the first invoices would be right, and be charged, mailed and booked.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import urlsplit

from tasks.clients.odoo import cutover as odoo_cutover
from tasks.model.errors import ConfigError, FusionError
from tasks.run.settings import Settings

SUPPORTED_FORMAT = 1
#: Where a service's customers, subscriptions and usage are, as its record in Odoo says.
NEXACLOUD, LAGO = "nexacloud", "lago"
#: A report of 10,000 customers with its Data Docs takes some 30 MB, and runs are kept; while one
#: goes on, a customer takes 5 kB of the temporary folder.
LEAST_FREE_BYTES = 1 << 30
#: Days begin and end by the clock: more than this and a period is judged wrongly.
MOST_CLOCK_SECONDS = 300
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_SAMPLE = 5
REHEARSAL = "Rehearsal"


@dataclass(slots=True)
class Diagnosis:
    """What was looked at: (subject, what was found), what is wrong, and Odoo's self-portrait.

    ``source`` is where the service's rows are; empty if nobody could tell. ``about`` has the
    service's company, whatever the user's current one is; ``asked_at`` is this machine's clock
    when Odoo told its own.
    """

    found: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    source: str = ""
    asked_at: datetime | None = None

    @contextmanager
    def look_at(self, subject: str) -> Iterator[None]:
        """Note a fault of this subject instead of stopping at it."""
        try:
            yield
        except FusionError as error:
            self.fault(subject, str(error))

    def note(self, subject: str, words: str) -> None:
        """Note what was found."""
        self.found.append((subject, words))

    def fault(self, subject: str, words: str) -> None:
        """Note what is wrong, and what to do."""
        self.faults.append((subject, words))

    def require_health(self) -> dict[str, Any]:
        """Give Odoo's ``about`` when there is no fault.

        Raises:
            ConfigError: With every fault's sentence.
        """
        if self.faults:
            raise ConfigError(" ".join(sentence for _, sentence in self.faults))
        return self.about


def diagnose(
    settings: Settings, service: str, *, may_be_live: bool = False, source: str | None = None
) -> Diagnosis:
    """Look at Odoo and at the source (NexaCloud's database, or Lago); write nothing anywhere.

    Args:
        settings: Where both are.
        service: Code of the service in Odoo.
        may_be_live: Whether the flow may run for a service that Odoo bills already.
        source: ``nexacloud`` or ``lago``; None: where the service is, as Odoo says.
    """
    diagnosis = Diagnosis(source=source or "")
    with diagnosis.look_at("Odoo"):
        odoo = settings.odoo()
        diagnosis.note("Odoo", f"version {odoo.version} at {settings.odoo_url}")
        about = odoo.about()
        diagnosis.asked_at = datetime.now(UTC)
        diagnosis.about = {**about, "company": company_of(about, service)}
        _look_at_addon(diagnosis, settings)
        _look_at_service(diagnosis, service, may_be_live)
        diagnosis.source = source or _sources(diagnosis.about).get(service, "")
    if diagnosis.source == LAGO:
        with diagnosis.look_at("Lago"):
            lago = settings.lago()
            metrics = len(list(lago.metrics()))
            diagnosis.note("Lago", f"version {lago.version()}, {metrics:,} metrics")
    elif diagnosis.source:
        _look_at_nexacloud(diagnosis, settings)
    return diagnosis


def sources_of(settings: Settings) -> dict[str, str]:
    """Say where each service's rows are, by its code in Odoo.

    Raises:
        ConfigError: Odoo cannot tell.
    """
    try:
        return _sources(settings.odoo().about())
    except FusionError as error:
        raise ConfigError(str(error)) from None


def company_of(about: dict[str, Any], service: str) -> dict[str, Any]:
    """Return the company that bills a service; the user's current one if Odoo knows no such."""
    of_service = {known["code"]: known["company"] for known in about["services"]}
    company: dict[str, Any] = of_service.get(service, about["company"])
    return company


def _sources(about: dict[str, Any]) -> dict[str, str]:
    return {known["code"]: known["source"] for known in about["services"]}


def _look_at_nexacloud(diagnosis: Diagnosis, settings: Settings) -> None:
    with diagnosis.look_at("NexaCloud"), settings.nexacloud() as source:
        with diagnosis.look_at("NexaCloud's role"):
            source.check_read_only()
        source.check_schema()
        source.check_queries()
        if source.left_out:
            diagnosis.note("NEXACLOUD_DSN", f"left out, of a driver: {', '.join(source.left_out)}")
        rows = {table: source.count(table) for table in ("users", "deployments")}
        diagnosis.note("NexaCloud", f"{rows['users']:,} users, {rows['deployments']:,} deployments")


def _look_at_addon(diagnosis: Diagnosis, settings: Settings) -> None:
    about = diagnosis.about
    company = about["company"]
    diagnosis.note(
        "Addon", f"{about['addon_version']}, company {company['name']} ({company['currency']})"
    )
    if about["bundle_format"] != SUPPORTED_FORMAT:
        diagnosis.fault(
            "Addon",
            f"The addon speaks bundle format {about['bundle_format']}, this project"
            f" {SUPPORTED_FORMAT}. Upgrade the addon in Odoo.",
        )
    if not about["can_import"]:
        diagnosis.fault(
            "Addon",
            f"The Odoo user {settings.odoo_user!r} may not import. Add it to the"
            " group Centralized Billing / Importer.",
        )
    if company["timezone"] != settings.billing_timezone:
        diagnosis.fault(
            "Time zone",
            f"BILLING_TIMEZONE is {settings.billing_timezone}, but company"
            f" {company['name']} in Odoo is in {company['timezone']}: billing periods would"
            " begin at different moments. Set the time zone of the company's contact in Odoo,"
            " or BILLING_TIMEZONE.",
        )


def _look_at_service(diagnosis: Diagnosis, service: str, may_be_live: bool) -> None:
    phases = {known["code"]: known["phase"] for known in diagnosis.about["services"]}
    if service not in phases:
        known = ", ".join(sorted(phases)) or "none"
        diagnosis.fault(
            "Service", f"Odoo knows no service {service!r} (it knows: {known}). Create it there."
        )
    elif phases[service] == "live" and not may_be_live:
        diagnosis.fault(
            "Service", f"Service {service!r} is live: a backfill would touch running billing."
        )
    else:
        diagnosis.note("Service", f"{service}, phase {phases[service]}")


def look_at_machine(diagnosis: Diagnosis, settings: Settings) -> None:
    """Note what would spoil a run though every system answers."""
    _look_at_space(diagnosis, "REPORTS_DIR", settings.reports_dir, "reports")
    _look_at_space(diagnosis, "TMPDIR", Path(gettempdir()), "what a run holds on disk")
    _look_at_clock(diagnosis)
    for name, url in (("ODOO_URL", settings.odoo_url), ("LAGO_API_URL", settings.lago_api_url)):
        parts = urlsplit(url or "")
        if parts.scheme == "http" and parts.hostname not in _LOCAL:
            diagnosis.fault(
                name,
                f"{name} is http:// to another host: passwords and customers' data would travel"
                " readable. Use https://.",
            )


def _look_at_space(diagnosis: Diagnosis, setting: str, folder: Path, holds: str) -> None:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < LEAST_FREE_BYTES:
        diagnosis.fault(
            "Disk",
            f"{free / 1e6:,.0f} MB are free where {setting} lies ({folder}): make room"
            f" for at least 1 GB, or point {setting} elsewhere.",
        )
    else:
        diagnosis.note("Disk", f"{free / 1e9:,.0f} GB free for {holds}")


def _look_at_clock(diagnosis: Diagnosis) -> None:
    if diagnosis.asked_at is None:
        return
    apart = (diagnosis.asked_at - datetime.fromisoformat(diagnosis.about["now"])).total_seconds()
    if abs(apart) <= MOST_CLOCK_SECONDS:
        diagnosis.note("Clock", "the same as Odoo's")
        return
    ahead = "ahead of" if apart > 0 else "behind"
    diagnosis.fault(
        "Clock",
        f"The clock of this machine is {abs(apart) / 60:,.0f} minutes {ahead} Odoo's: what has"
        " ended and what is due would be judged differently. Set both by NTP.",
    )


def look_deep(diagnosis: Diagnosis, settings: Settings, service: str) -> None:
    """Look at Odoo's settings, and at the first invoices of some customers; nothing of it stays."""
    with diagnosis.look_at("Odoo's settings"):
        take(diagnosis, odoo_cutover.look_at_odoo(settings.odoo(), service, _SAMPLE))


def take(diagnosis: Diagnosis, looked: dict[str, Any]) -> None:
    """Take over what Odoo found: ``findings`` of its settings, and a ``rehearsal``."""
    for finding in looked["findings"]:
        _note(diagnosis, finding)
    if not looked["rehearsal"]:
        diagnosis.note(REHEARSAL, "Nobody is in shadow: there is nothing to rehearse.")
    for row in looked["rehearsal"]:
        _tell(diagnosis, row)


def _note(diagnosis: Diagnosis, finding: dict[str, str]) -> None:
    subject, sentence, remedy = (finding[name] for name in ("subject", "sentence", "remedy"))
    if remedy:
        diagnosis.fault(subject, f"{sentence} {remedy}")
    else:
        diagnosis.note(subject, sentence)


def _tell(diagnosis: Diagnosis, row: dict[str, Any]) -> None:
    if row["code"]:
        said = f"Customer {row['customer']} cannot be invoiced: {row['message']}"
        diagnosis.fault(REHEARSAL, said)
        return
    for invoice in row["invoices"]:
        diagnosis.note(REHEARSAL, invoice_words(invoice))


def invoice_words(invoice: dict[str, Any]) -> str:
    """Tell a rehearsed invoice in a sentence."""
    lines = len(invoice["lines"])
    charged = f"charged to {invoice['charged']}" if invoice["charged"] else "not charged"
    why = f" ({invoice['no_card']})" if invoice.get("no_card") else ""
    mailed = "mailed" if invoice["mailed"] else "not mailed"
    return (
        f"{invoice['subscription']}: on {invoice['date']} {lines} line{'' if lines == 1 else 's'},"
        f" {invoice['untaxed']} + {invoice['tax']} tax = {invoice['total']} {invoice['currency']},"
        f" {charged}{why}, {mailed}."
    )
