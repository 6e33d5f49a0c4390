"""The meter step: usage out of NexaCloud, into Odoo, and what Odoo makes of it."""
