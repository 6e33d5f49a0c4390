"""Customers: a contact and the link to it, by account id, then by email, then new."""

from odoo.tools import SQL

from . import values
from .contact_terms import ContactTerms, all_emails
from .contacts import FOUND, Contacts, create_contacts, email_key
from .credits import credit_commands, read_credits
from .currencies import Currencies
from .differences import differences
from .halving import load_in_halves
from .places import Places
from .row import CREATED, UNCHANGED, UPDATED, Row, read_rows
from .taxes import Taxes
from .writing import insert_rows, store_marks, write_grouped

_LIVE = "Odoo bills this customer: the source's copy is not loaded over it any more."

_NO_STATE = "region_unknown"
_SHARED = "contact_shared"


class CustomerLoader:
    """Loads the customers of one bundle.

    After ``load`` every row has an outcome and, unless it failed, its contact's id.

    Args:
        env: Superuser environment in the service's company.
        service: The ``fusion.billing.service``.
        full_compare: Also look for edits made in Odoo; they are reported, not undone.
    """

    def __init__(self, env, service, full_compare: bool) -> None:
        self.env = env
        self.service = service
        self.full_compare = full_compare
        self.currencies = Currencies(env, service.company_id)
        self.taxes = Taxes(env, service.company_id)

    def load(self, rows: list[Row]) -> None:
        """Create, update or leave each contact and its link."""
        links = self._links(rows)
        todo = []
        for row in rows:
            if row.outcome:
                continue
            link_id, partner_id, mark, live, *remark = links.get(row.external_id, (None,) * 6)
            row.work["live"] = live
            if live:
                row.done(UNCHANGED, partner_id)
                row.note("customer_live", _LIVE)
                continue
            if mark == row.fingerprint:
                row.done(UNCHANGED, partner_id)
                # What was found about the contact is told until somebody mends it.
                row.note(*remark)
            row.work["link_id"] = link_id
            if mark != row.fingerprint or self.full_compare:
                todo.append(row)
        todo = self._read_values(todo)
        self._create([row for row in todo if not row.work["link_id"]])
        known = [row for row in todo if row.work["link_id"]]
        load_in_halves(self.env, known, self._update)

    def _links(self, rows: list[Row]) -> dict[str, tuple[int, int, str, bool]]:
        """Return (link id, contact id, fingerprint, live, remark and its code) by account id.

        In one query.
        """
        query = SQL(
            """
            SELECT link.external_id, link.id, link.partner_id, link.fingerprint,
                   link.billing_state = 'live',
                   CASE WHEN mended.id IS NULL THEN link.remark_code END,
                   CASE WHEN mended.id IS NULL THEN link.remark END
            FROM fusion_billing_account_link link
            LEFT JOIN res_partner mended
                ON mended.id = link.partner_id AND link.remark_code = %s
                AND mended.state_id IS NOT NULL
            WHERE link.service_id = %s AND link.external_id = ANY(%s)
            """,
            _NO_STATE,
            self.service.id,
            [row.external_id for row in rows],
        )
        return {key: found for key, *found in self.env.execute_query(query)}

    def _read_values(self, rows: list[Row]) -> list[Row]:
        """Return the rows whose values can be stored, with ``values`` and ``work`` filled."""
        if not rows:
            return []
        places = Places(self.env, rows)
        terms = ContactTerms(self.env, self.service.company_id)
        return read_rows(rows, lambda row: self._read_row(row, places, terms))

    def _read_row(self, row: Row, places: Places, terms: ContactTerms) -> None:
        data = row.data
        name = values.required_text(data, "name")
        company_name = values.text(data, "company_name")
        region = values.text(data, "region")
        country_id = places.country(values.text(data, "country_code"))
        state_id = places.state(country_id, region)
        if region and not state_id:
            row.note(
                _NO_STATE,
                f"Odoo has no state '{region[:40]}' in this country; the contact was loaded "
                "without one, so check its tax.",
            )
        elif not state_id and self.taxes.needs_state(country_id):
            row.note(
                _NO_STATE,
                "The source names no province or state, which decides the tax here; the contact "
                "was loaded without one, so check its tax.",
            )
        row.values = {
            "name": name,
            "is_company": name == company_name,
            "company_name": company_name if name != company_name else False,
            "email": all_emails(data),
            "phone": values.text(data, "phone"),
            "street": values.text(data, "street"),
            "city": values.text(data, "city"),
            "zip": values.text(data, "postal_code"),
            "state_id": state_id,
            "country_id": country_id,
            **terms.read(row),
        }
        exempt = values.optional_flag(data, "tax_exempt", default=False)
        if exempt:
            row.values["property_account_position_id"] = self.taxes.exempt.id
        row.work["link"] = {
            "stripe_customer_id": values.text(data, "stripe_customer_id"),
            "email_at_import": row.values["email"],
            "account_active": values.flag(data, "active"),
            "payment_provider": values.optional_text(data, "payment_provider"),
            "payment_reference": values.optional_text(data, "payment_reference"),
            "tax_exempt": exempt,
        }
        row.work["credits"] = read_credits(self.env, data, self.currencies)

    def _create(self, rows: list[Row]) -> None:
        """Create links, and contacts for addresses that Odoo does not know.

        Customers with one address come one after the other, so that the second finds the
        contact of the first (or becomes the first, if that one was refused).
        """
        for row in rows:
            row.work["key"] = email_key(row.values["email"])
        keys = {row.work["key"] for row in rows} - {False}
        contacts = Contacts(self.env, self.service.company_id, keys)
        while rows:
            wave, rest, seen = [], [], set()
            for row in rows:
                key = row.work["key"]
                (rest if key and key in seen else wave).append(row)
                seen.add(key)
            load_in_halves(self.env, wave, lambda part: self._insert(part, contacts))
            for row in wave:
                if row.outcome == CREATED and row.work["owns"]:
                    contacts.add(row.work["key"], row.odoo_id)
            rows = rest

    def _insert(self, rows: list[Row], contacts: Contacts) -> None:
        new = []
        for row in rows:
            partner_id, code, message = contacts.match(row.work["key"])
            row.work["owns"] = partner_id is None
            if partner_id is None:
                new.append(row)
            else:
                row.done(CREATED, partner_id)
                row.note(code, message)
        partners = create_contacts(self.env, [row.values for row in new])
        for row, partner in zip(new, partners, strict=True):
            row.done(CREATED, partner.id)
        self._insert_links(rows)

    def _insert_links(self, rows: list[Row]) -> None:
        insert_rows(
            self.env["fusion.billing.account.link"],
            [
                {
                    "service_id": self.service.id,
                    "company_id": self.service.company_id.id,
                    "external_id": row.external_id,
                    "partner_id": row.odoo_id,
                    "owns_partner": row.work["owns"],
                    "fingerprint": row.fingerprint,
                    "billing_state": "shadow",
                    "remark_code": row.code or False,
                    "remark": row.message or False,
                    **row.work["link"],
                }
                for row in rows
            ],
        )
        # The contacts in the cache do not know of these links.
        partners = self.env["res.partner"].browse({row.odoo_id for row in rows})
        partners.invalidate_recordset(["x_fc_link_ids"], flush=False)
        owed = {row.external_id: row.work["credits"] for row in rows if row.work["credits"]}
        if owed:
            links = self.env["fusion.billing.account.link"]._by_account(self.service, owed)
            for key, link in links.items():
                link.write({"credit_ids": credit_commands(link, owed[key])})

    def _update(self, rows: list[Row]) -> None:
        links = self.env["fusion.billing.account.link"].browse(
            [row.work["link_id"] for row in rows]
        )
        changes, marks = [], {}
        for row, link in zip(rows, links, strict=True):
            partner = link.partner_id
            if link.tax_exempt and not row.work["link"]["tax_exempt"]:
                row.values["property_account_position_id"] = False
            changed = differences(partner, row.values) if link.owns_partner else {}
            shared = changed if not link._keeps_contact() else {}
            changed = {} if shared else changed
            if row.fingerprint == link.fingerprint:
                if link.remark_code == _SHARED and not shared:
                    row.code = row.message = None
                    changes.append((link, {"remark_code": False, "remark": False}))
                self._report_drift(row, partner, changed)
                self._report_shared(row, partner, shared)
                continue
            remark = self._remark(row, link)
            if self._report_shared(row, partner, shared):
                remark = {"remark_code": row.code, "remark": row.message}
            link_changed = differences(link, {**row.work["link"], **remark})
            if commands := credit_commands(link, row.work["credits"]):
                link_changed["credit_ids"] = commands
            changes += [(partner, changed), (link, link_changed)]
            marks[link.id] = row.fingerprint
            row.done(UPDATED if changed or link_changed else UNCHANGED, partner.id)
        write_grouped(changes)
        store_marks(links, "fingerprint", marks)

    @staticmethod
    def _remark(row: Row, link) -> dict:
        """Return what to keep of this load's findings; how a contact was found stays known."""
        if link.remark_code in FOUND and not (row.code and link.owns_partner):
            row.note(link.remark_code, link.remark)
        return {"remark_code": row.code or False, "remark": row.message or False}

    @staticmethod
    def _report_drift(row: Row, partner, changed: dict) -> None:
        row.done(UNCHANGED, partner.id)
        if changed:
            row.note(
                "drift",
                f"Changed in Odoo since it was loaded, and left so: {_labels(partner, changed)}.",
            )

    @staticmethod
    def _report_shared(row: Row, partner, changed: dict) -> bool:
        """Tell what was not written because the contact is not this account's alone, if any."""
        if changed:
            row.note(
                _SHARED,
                f"Contact {partner.id} is not this account's alone and was left as it is; in the "
                f"source there is another: {_labels(partner, changed)}. Change it in Odoo, or give "
                "the account a contact of its own.",
            )
        return bool(changed)


def _labels(partner, changed: dict) -> str:
    return ", ".join(partner._fields[name].string for name in changed)
