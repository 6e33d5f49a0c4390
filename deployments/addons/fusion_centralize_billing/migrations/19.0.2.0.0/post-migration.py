"""Say of the service in a database that it is: until now its code alone told that."""


def migrate(cr, version):
    """Set where the rows of the service that the addon itself made are."""
    cr.execute(
        """
        UPDATE fusion_billing_service
           SET source = 'nexacloud'
         WHERE id IN (
            SELECT res_id FROM ir_model_data
             WHERE module = 'fusion_centralize_billing' AND name = 'service_nexacloud'
         )
        """
    )
