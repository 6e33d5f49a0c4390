"""Contacts: those in Odoo, found by email address for a whole bundle at once, and new ones."""

from collections import defaultdict

from odoo.models import BaseModel
from odoo.tools import SQL, email_normalize

#: How a contact was found that was in Odoo already.
FOUND = frozenset({"email_matched", "email_ambiguous", "email_archived"})


def email_key(email: str | bool) -> str | bool:
    """Return the form in which Odoo compares addresses, or False if it is none."""
    return bool(email) and email_normalize(email, strict=False)


class Contacts:
    """Contacts of the company (or of all companies) by normalized address.

    An active contact goes before an archived one, then the lowest id: the choice is the
    same in every run.
    """

    def __init__(self, env, company, keys: set[str]) -> None:
        self._found = defaultdict(list)
        if not keys:
            return
        env["res.partner"].flush_model(["email_normalized", "active", "company_id"])
        query = SQL(
            """
            SELECT email_normalized, id, active FROM res_partner
            WHERE email_normalized = ANY(%s) AND (company_id IS NULL OR company_id = %s)
            ORDER BY active DESC, id
            """,
            list(keys),
            company.id,
        )
        for key, partner_id, active in env.execute_query(query):
            self._found[key].append((partner_id, active))

    def match(self, key: str | bool) -> tuple[int | None, str | None, str | None]:
        """Return the contact's id with a code and a sentence if the match needs a look.

        All three are None when no contact has this address.
        """
        found = self._found.get(key)
        if not found:
            return None, None, None
        partner_id, active = found[0]
        rivals = [other for other, other_active in found if other_active == active]
        if len(rivals) > 1:
            code = "email_ambiguous"
            ids = ", ".join(map(str, rivals[:10]))
            message = (
                f"Contacts {ids} share this address; the first was taken. "
                "Merge them in Odoo if they are one customer."
            )
        elif not active:
            code = "email_archived"
            message = (
                f"The only contact with this address, {partner_id}, is archived; "
                "restore it in Odoo before the cutover."
            )
        else:
            code = "email_matched"
            message = f"Contact {partner_id} had this address; it was linked and left as it is."
        return partner_id, code, message

    def add(self, key: str | bool, partner_id: int) -> None:
        """Remember a contact that this load has just created."""
        if key:
            self._found[key].append((partner_id, True))


def create_contacts(env, values: list[dict]) -> BaseModel:
    """Create contacts and return them in this order; they end as ``create`` would leave them.

    Args:
        env: Superuser environment in the service's company, without tracking.
        values: Field values of each; no parent, salesperson or picture.
    """
    contacts = env["res.partner"]
    defaults = contacts.default_get(["parent_id", "user_id", "image_1920"])
    if defaults.get("parent_id") or defaults.get("image_1920"):
        return contacts.create([dict(one) for one in values])
    # Without a parent there is nobody to share an address or a salesperson with. Odoo's own
    # load() skips the sharing by this key; a given salesperson spares a draft of each record.
    alone = contacts.with_context(_partners_skip_fields_sync=True, fc_contacts_alike=True)
    salesperson = defaults.get("user_id", False)
    created = alone.create([{**one, "user_id": salesperson} for one in values])
    for field in contacts._fields.values():
        # Nor is there a picture to make smaller ones from.
        if field.store and field.related == "image_1920":
            env.remove_to_compute(field, created)
    return created.with_env(env)
