"""Which system speaks for which invoices, so that none is counted twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.model.errors import ConfigError

NEXACLOUD, LAGO = "nexacloud", "lago"
SOURCES = (NEXACLOUD, LAGO)


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """From where a service's invoices are read.

    ``nexacloud_origins``: who must have billed an invoice for NexaCloud's database to speak of
    it; None means all of them, and empty that it is not asked.
    """

    service: str
    nexacloud_origins: tuple[str, ...] | None
    from_lago: bool

    @property
    def from_nexacloud(self) -> bool:
        """Whether NexaCloud's database is read."""
        return self.nexacloud_origins is None or bool(self.nexacloud_origins)


def plan_sources(
    services: Sequence[str],
    sources: Sequence[str] | None,
    *,
    homes: Mapping[str, str],
    has_lago: bool,
) -> tuple[SourcePlan, ...]:
    """Decide for each service where its invoices come from.

    NexaCloud's database holds what Stripe billed, and copies of what Lago billed; Lago's own
    word counts for the latter wherever there is a Lago to ask. The other services bill through
    Lago alone.

    Args:
        services: Their codes.
        sources: Those to ask; None or empty: all that there are.
        homes: Where each service's rows are, by its code.
        has_lago: Whether the settings name a Lago.

    Raises:
        ConfigError: A source is unknown, or a service has none.
    """
    if unknown := sorted(set(sources or ()) - set(SOURCES)):
        raise ConfigError(f"There is no source {unknown[0]!r}: choose from {', '.join(SOURCES)}.")
    plans = []
    for service in dict.fromkeys(services):
        is_nexacloud = homes.get(service) == NEXACLOUD
        lago = LAGO in sources if sources else has_lago
        database = is_nexacloud and (not sources or NEXACLOUD in sources)
        if not (lago or database):
            raise ConfigError(
                f"The invoices of service {service!r} are Lago's: set LAGO_API_URL and"
                " LAGO_API_KEY, or leave the service out."
            )
        origins = () if not database else ("stripe", "nexacloud") if lago else None
        plans.append(SourcePlan(service, origins, lago))
    return tuple(plans)
