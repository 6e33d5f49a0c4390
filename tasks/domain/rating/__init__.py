"""What usage costs, from a charge's terms: exact, and with every step shown."""

from __future__ import annotations

from tasks.domain.rating.charge import RatedCharge, Tier
from tasks.domain.rating.outcome import Rating, rate
from tasks.domain.rating.steps import Step

__all__ = ["RatedCharge", "Rating", "Step", "Tier", "rate"]
