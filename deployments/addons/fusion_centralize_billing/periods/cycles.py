"""The words for how often a price is due."""

#: Cycle -> unit and count of a recurring plan.
CYCLES = {
    "weekly": ("week", 1),
    "monthly": ("month", 1),
    "quarterly": ("month", 3),
    "semiannual": ("month", 6),
    "yearly": ("year", 1),
}
CYCLE_OF = {every: cycle for cycle, every in CYCLES.items()}
