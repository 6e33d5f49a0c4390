"""How a customer stands before a cutover: whether they would be switched, and why not."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a customer back; ``sentence`` is for a person."""

    code: str
    sentence: str


@dataclass(slots=True)
class Standing:
    """A customer whom a cutover could be about.

    Attributes:
        external_id: The account's id at the service.
        link_id: Of the account in Odoo; None if it is not there.
        subscriptions: How many shadow orders would be switched.
        billed: What the old side bills them now: by subscription why it is not carried, or "".
        revenue: What waits for the switch, before tax, in ``currency``.
        reasons: What keeps them back; none: they are ready.
        bill: Their first invoices, one for each subscription.
        digest: SHA-256 of all that makes their bill, and of the reasons.
    """

    external_id: str
    link_id: int | None
    subscriptions: int = 0
    billed: dict[str, str] = field(default_factory=dict)
    revenue: Decimal = Decimal(0)
    currency: str = ""
    reasons: list[Reason] = field(default_factory=list)
    bill: list[dict] = field(default_factory=list)
    digest: str = ""

    @property
    def ready(self) -> bool:
        """Whether nothing keeps them back."""
        return not self.reasons

    @property
    def text(self) -> str:
        """The reasons, a sentence a line."""
        return "\n".join(reason.sentence for reason in self.reasons)

    def as_dict(self) -> dict:
        """Return it as JSON types, without the bill."""
        return {
            "customer": self.external_id,
            "ready": self.ready,
            "codes": sorted({reason.code for reason in self.reasons}),
            "reasons": [reason.sentence for reason in self.reasons],
            "revenue": f"{self.revenue:.2f}",
            "currency": self.currency,
            "subscriptions": self.subscriptions,
        }

    def as_record(self) -> dict:
        """Return the values with which a cutover keeps it."""
        return {
            "external_id": self.external_id,
            "link_id": self.link_id,
            "ready": self.ready,
            "codes": ",".join(sorted({reason.code for reason in self.reasons})),
            "reasons": self.text,
            "revenue": float(self.revenue),
            "currency": self.currency,
            "subscription_count": self.subscriptions,
            "billed": self.billed,
            "bill": self.bill,
            "digest": self.digest,
        }
