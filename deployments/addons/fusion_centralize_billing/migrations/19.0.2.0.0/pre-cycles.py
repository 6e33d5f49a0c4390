"""Cycles are only added to: the same dual run with other figures is a further record."""

NAME = "fusion_billing_cycle_key_uniq"


def migrate(cr, _version):
    """Let go of the rule that a dual run has one record."""
    cr.execute(f"ALTER TABLE fusion_billing_cycle DROP CONSTRAINT IF EXISTS {NAME}")
    cr.execute("DELETE FROM ir_model_constraint WHERE name = %s", [NAME])
    cr.execute(
        "DELETE FROM ir_model_data WHERE model = 'ir.model.constraint' AND name = %s",
        [f"constraint_{NAME}"],
    )
