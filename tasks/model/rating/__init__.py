"""What usage costs, from a charge's terms: exact, and with every step shown."""

from __future__ import annotations

from tasks.model.rating.charge import RatedCharge, Tier
from tasks.model.rating.outcome import Rating, rate
from tasks.model.rating.steps import Step

__all__ = ["RatedCharge", "Rating", "Step", "Tier", "rate"]
