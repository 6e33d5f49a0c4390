from odoo import api, models
from odoo.exceptions import AccessError


class FusionBillingProtected(models.AbstractModel):
    """Fields that only this addon's own code may set.

    A model lists them in ``_protected_fields``, another addon adds its own in ``_get_protected``.
    They say where a record came from and what was last loaded into it; whoever could forge them
    could make a load skip a record, or a shadow order look like one that may charge. Only a
    superuser environment, which a remote call never has, passes.
    """

    _name = "fusion.billing.protected"
    _description = "Fields set by the billing loader only"
    _protected_fields = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        for vals in vals_list:
            self._refuse_protected(vals)
        defaults = {f"default_{name}" for name in self._get_protected()}
        context = {key: value for key, value in self.env.context.items() if key not in defaults}
        clean = self.with_env(self.env(context=context))
        return super(FusionBillingProtected, clean).create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._refuse_protected(vals)
        return super().write(vals)

    def _get_protected(self):
        """Return the names of the protected fields, those of other addons included."""
        return self._protected_fields

    def _refuse_protected(self, vals):
        """Raise AccessError if ``vals`` sets a protected field."""
        forbidden = self._get_protected().intersection(vals)
        if forbidden:
            raise AccessError(
                self.env._(
                    "%(fields)s of %(model)s is set by the billing import only.",
                    fields=", ".join(sorted(forbidden)),
                    model=self._description,
                )
            )
