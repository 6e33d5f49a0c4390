"""The watch after the switch: what is due, against what Odoo has posted."""
