"""NexaCloud's side of the loop: what an app does with the billing events that Odoo sends."""

#: Where the receiver takes billing events.
PATH = "/billing/events"
