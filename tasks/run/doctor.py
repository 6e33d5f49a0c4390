"""doctor: is everything there that a run needs? All faults are named at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tasks.model.errors import ConfigError, FusionError
from tasks.run.settings import Settings

SUPPORTED_FORMAT = 1
#: Where a service's customers, subscriptions and usage are, as its record in Odoo says.
NEXACLOUD, LAGO = "nexacloud", "lago"


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
            self.faults.append((subject, str(error)))

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
        diagnosis.found.append(("Odoo", f"version {odoo.version} at {settings.odoo_url}"))
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
            diagnosis.found.append(("Lago", f"version {lago.version()}, {metrics:,} metrics"))
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
            diagnosis.found.append(
                ("NEXACLOUD_DSN", f"left out, of a driver: {', '.join(source.left_out)}")
            )
        rows = {table: source.count(table) for table in ("users", "deployments")}
        diagnosis.found.append(
            ("NexaCloud", f"{rows['users']:,} users, {rows['deployments']:,} deployments")
        )


def _look_at_addon(diagnosis: Diagnosis, settings: Settings) -> None:
    about = diagnosis.about
    company = about["company"]
    diagnosis.found.append(
        ("Addon", f"{about['addon_version']}, company {company['name']} ({company['currency']})")
    )
    if about["bundle_format"] != SUPPORTED_FORMAT:
        diagnosis.faults.append(
            (
                "Addon",
                f"The addon speaks bundle format {about['bundle_format']}, this project"
                f" {SUPPORTED_FORMAT}. Upgrade the addon in Odoo.",
            )
        )
    if not about["can_import"]:
        diagnosis.faults.append(
            (
                "Addon",
                f"The Odoo user {settings.odoo_user!r} may not import. Add it to the"
                " group Centralized Billing / Importer.",
            )
        )
    if company["timezone"] != settings.billing_timezone:
        diagnosis.faults.append(
            (
                "Time zone",
                f"BILLING_TIMEZONE is {settings.billing_timezone}, but company"
                f" {company['name']} in Odoo is in {company['timezone']}: billing periods would"
                " begin at different moments. Set the time zone of the company's contact in Odoo,"
                " or BILLING_TIMEZONE.",
            )
        )


def _look_at_service(diagnosis: Diagnosis, service: str, may_be_live: bool) -> None:
    phases = {known["code"]: known["phase"] for known in diagnosis.about["services"]}
    if service not in phases:
        known = ", ".join(sorted(phases)) or "none"
        diagnosis.faults.append(
            ("Service", f"Odoo knows no service {service!r} (it knows: {known}). Create it there.")
        )
    elif phases[service] == "live" and not may_be_live:
        diagnosis.faults.append(
            ("Service", f"Service {service!r} is live: a backfill would touch running billing.")
        )
    else:
        diagnosis.found.append(("Service", f"{service}, phase {phases[service]}"))
