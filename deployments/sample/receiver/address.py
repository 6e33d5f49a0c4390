"""Where the receiver takes billing events."""

PATH = "/billing/events"
