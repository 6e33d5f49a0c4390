"""One condition of the gate."""

from dataclasses import asdict, dataclass

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition; ``count`` is of what breaks it, ``examples`` are external ids."""

    gate: str
    ok: bool
    sentence: str
    count: int = 0
    examples: tuple[str, ...] = ()

    def as_dict(self) -> dict:
        """Return it as JSON types."""
        return {**asdict(self), "examples": list(self.examples)}


def gate_of(name: str, broken: list[str], good: str, bad: str) -> Gate:
    """Return a condition that holds if nothing is broken."""
    if not broken:
        return Gate(name, ok=True, sentence=good)
    return Gate(name, False, f"{len(broken)} {bad}", len(broken), tuple(broken[:EXAMPLES]))
