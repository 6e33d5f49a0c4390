"""NexaCloud's side of the loop: what an app does with the billing events that Odoo sends."""
