"""Proof on a real Odoo Enterprise: our addons' tests on a copy of a trial database."""
