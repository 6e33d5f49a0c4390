"""The reconcile step: both ledgers read, checked, compared, explained, and told to Odoo."""
