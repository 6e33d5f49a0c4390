"""What NexaDesk and NexaMaps sell through Lago: plans with charges of every model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deployments.sample.lago.objects.selling import tier


@dataclass(frozen=True, slots=True)
class ChargeTerms:
    """A charge; ``usage`` is the middle of what a customer uses in a month."""

    metric: str
    model: str
    properties: dict[str, Any]
    usage: int
    minimum_cents: int = 0


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """A plan and how often it is chosen."""

    code: str
    name: str
    interval: str
    price: str
    charges: tuple[ChargeTerms, ...]
    weight: int
    currency: str = "CAD"


METRICS = {
    "cpu_core_hours": "CPU core-hours",
    "tickets": "Tickets solved",
    "ai_replies": "Replies written by AI",
    "tile_requests": "Map tiles served",
    "geocodes": "Addresses found",
    "order_value": "Value of orders routed",
}


_TEAM_CHARGES = (
    ChargeTerms(
        "tickets",
        "graduated",
        {
            "graduated_ranges": [
                tier(0, 500, "0"),
                tier(501, 2000, "0.1"),
                tier(2001, None, "0.065"),
            ]
        },
        900,
    ),
    ChargeTerms(
        "ai_replies",
        "package",
        {"amount": "4.00", "package_size": 50, "free_units": 100},
        180,
        400,
    ),
)
DESK = (
    PlanTerms(
        "desk-starter", "NexaDesk Starter", "monthly", "19.00",
        (ChargeTerms("tickets", "standard", {"amount": "0.255"}, 60),), 4,
    ),
    PlanTerms("desk-team", "NexaDesk Équipe", "monthly", "59.00", _TEAM_CHARGES, 4),
    PlanTerms("desk-team-yearly", "NexaDesk Équipe, annuel", "yearly", "590.00", _TEAM_CHARGES, 2),
    PlanTerms(
        "desk-enterprise", "NexaDesk Enterprise × 50", "monthly", "249.00",
        (
            ChargeTerms(
                "tickets", "volume",
                {
                    "volume_ranges": [
                        tier(0, 1000, "0.12"),
                        tier(1001, 5000, "0.08"),
                        tier(5001, None, "0.05", "20"),
                    ]
                },
                2200,
            ),
            ChargeTerms("ai_replies", "standard", {"amount": "0.045"}, 1500),
        ), 2,
    ),
)  # fmt: skip
MAPS = (
    PlanTerms(
        "maps-payg", "NexaMaps à l'usage", "monthly", "0.00",
        (
            ChargeTerms(
                "tile_requests", "package",
                {"amount": "0.55", "package_size": 1000, "free_units": 10000}, 45000,
            ),
            ChargeTerms("geocodes", "standard", {"amount": "0.0042"}, 800),
        ), 9,
    ),
    PlanTerms(
        "maps-pro", "NexaMaps Pro", "monthly", "99.00",
        (
            ChargeTerms(
                "tile_requests", "graduated",
                {
                    "graduated_ranges": [
                        tier(0, 100000, "0"),
                        tier(100001, 500000, "0.0004", "5"),
                        tier(500001, None, "0.00025"),
                    ]
                },
                260000,
            ),
            ChargeTerms("geocodes", "standard", {"amount": "0.0035"}, 5000),
        ), 9,
    ),
    PlanTerms(
        "maps-market", "NexaMaps Marketplace", "monthly", "29.00",
        (
            ChargeTerms(
                "order_value", "percentage",
                {"rate": "1.25", "free_units_per_total_aggregation": "1000.0"}, 4000,
            ),
        ), 5,
    ),
    PlanTerms("maps-us", "NexaMaps US", "monthly", "79.00", (), 1, "USD"),
    PlanTerms("maps-jp", "NexaMaps 日本", "monthly", "9800", (), 1, "JPY"),
)  # fmt: skip
SERVICES = {"nexadesk": DESK, "nexamaps": MAPS}
