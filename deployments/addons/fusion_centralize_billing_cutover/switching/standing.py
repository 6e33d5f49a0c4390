"""How a customer stands before a cutover: whether they would be switched, and why not."""

from dataclasses import dataclass, field
from decimal import Decimal

from .judging import Reason


@dataclass(slots=True)
class Standing:
    """A customer whom a cutover could be about.

    Attributes:
        external_id: The account's id at the service.
        link_id: Of the account in Odoo; None if it is not there.
        subscriptions: How many shadow orders would be switched.
        billed: What the old side bills them now: by subscription why it is not carried, or "".
        revenue: What the old side billed in the latest cycle, or, where it was not due, what the
            first invoices come to; before tax, in ``currency``.
        reasons: What keeps them back; none: they are ready.
        notes: What a person should know and what keeps nobody back: decisions used, before all.
        compared: What the latest cycle compared: billed there, and by Odoo; None without.
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
    notes: list[str] = field(default_factory=list)
    compared: tuple[Decimal, Decimal] | None = None
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
            "notes": self.notes,
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
            "waits_for": self.reasons[0].group if self.reasons else False,
            "reasons": self.text,
            "notes": "\n".join(self.notes),
            "billed_before": float(self.compared[0]) if self.compared else 0.0,
            "odoo_before": float(self.compared[1]) if self.compared else 0.0,
            "bill_changes": bool(self.compared and self.compared[0] != self.compared[1]),
            "revenue": float(self.revenue),
            "currency": self.currency,
            "subscription_count": self.subscriptions,
            "billed": self.billed,
            "bill": self.bill,
            "digest": self.digest,
        }
