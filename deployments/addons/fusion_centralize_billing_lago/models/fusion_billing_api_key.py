import hashlib
import secrets
from datetime import timedelta
from hmac import compare_digest

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..api.transactions import read_committed

MARK = "fbk"
# How long a key's last use may lag behind, so that not each request writes.
USE_NOTED_EVERY = timedelta(minutes=1)


class FusionBillingApiKey(models.Model):
    """A key with which a service calls the API.

    The key itself is shown once and stored nowhere: here are its hash, and the part of it by
    which the hash is found. It holds 256 random bits, so a plain hash cannot be reversed by
    guessing. A service may have several, so that one can be replaced while the other is in use.
    """

    _name = "fusion.billing.api.key"
    _description = "API Key"
    _order = "id desc"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    name = fields.Char("Used by", required=True, help="Which program has the key.")
    prefix = fields.Char("Begins with", required=True, readonly=True)
    key_hash = fields.Char(required=True, groups=fields.NO_ACCESS)
    create_date = fields.Datetime("Created", readonly=True)
    expires_at = fields.Datetime("Expires", help="Empty: it does not.")
    last_used_at = fields.Datetime("Last Used", readonly=True, help="To the minute.")
    revoked_at = fields.Datetime("Revoked", readonly=True)
    state = fields.Selection(
        [("valid", "Valid"), ("expired", "Expired"), ("revoked", "Revoked")],
        compute="_compute_state",
    )

    _prefix_uniq = models.Constraint("UNIQUE (prefix)", "Another key begins like this one.")

    @api.depends("expires_at", "revoked_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for key in self:
            expired = key.expires_at and key.expires_at <= now
            key.state = "revoked" if key.revoked_at else "expired" if expired else "valid"

    @api.model
    def _issue(self, service, name, expires_at=None):
        """Return a new key of the service as text; it cannot be read again.

        Raises:
            UserError: It has no name, or would expire at once.
        """
        if not isinstance(name, str) or not name.strip():
            raise UserError(self.env._("Say which program will use the key."))
        if expires_at and expires_at <= fields.Datetime.now():
            raise UserError(self.env._("A key that has expired is of no use."))
        prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        key = f"{MARK}_{prefix}_{secret}"
        self.sudo().create(
            {
                "service_id": service.id,
                "name": name.strip(),
                "prefix": f"{MARK}_{prefix}",
                "key_hash": _hash(key),
                "expires_at": expires_at or False,
            }
        )
        return key

    @api.model
    def _match(self, text):
        """Return the valid key that reads so, possibly empty.

        None reads like a wrong, old or revoked one. How long it takes says nothing about how much
        of a key was right.
        """
        text = text if isinstance(text, str) and text.isascii() else ""
        # A secret may hold underscores as well; the first two end the prefix.
        prefix = "_".join(text.split("_", 2)[:2]).replace("\0", "")
        self.env.flush_all()
        found = self.env.execute_query(
            SQL(
                """
                SELECT key.id, key.key_hash
                FROM fusion_billing_api_key key
                JOIN fusion_billing_service service ON service.id = key.service_id
                WHERE key.prefix = %(prefix)s AND key.revoked_at IS NULL AND service.active
                    AND (key.expires_at IS NULL OR key.expires_at > %(now)s)
                """,
                prefix=prefix,
                now=fields.Datetime.now(),
            )
        )
        key_id, stored = found[0] if found else (None, _hash(""))
        same = compare_digest(_hash(text), stored)
        return self.sudo().browse(key_id if found and same else ())

    def _note_use(self):
        """Write down that a key is in use, in a transaction of its own.

        Requests that come at once all want to; one does, and none waits or fails for it.
        """
        stale = fields.Datetime.now() - USE_NOTED_EVERY
        if self.last_used_at and self.last_used_at > stale:
            return
        with self.env.registry.cursor() as cr:
            read_committed(cr)
            cr.execute(
                SQL(
                    """
                    UPDATE fusion_billing_api_key SET last_used_at = now() AT TIME ZONE 'UTC'
                    WHERE id = (
                        SELECT id FROM fusion_billing_api_key WHERE id = %s
                            AND (last_used_at IS NULL OR last_used_at <= %s)
                        FOR NO KEY UPDATE SKIP LOCKED
                    )
                    """,
                    self.id,
                    stale,
                )
            )

    def action_revoke(self):
        """Make the keys useless, from the next request on."""
        self._check_manager()
        # The record rules decide whether the manager has a say in these.
        self.check_access("read")
        valid = self.sudo().filtered(lambda key: not key.revoked_at)
        valid.write({"revoked_at": fields.Datetime.now()})
        return True

    @api.model
    def _check_manager(self):
        """Raise AccessError for users who may not hand out or revoke keys."""
        if not self.env.user.has_group("fusion_centralize_billing.group_manager"):
            raise AccessError(
                self.env._("API keys are for the group Centralized Billing / Manager.")
            )


def _hash(key):
    return hashlib.sha256(key.encode()).hexdigest()
