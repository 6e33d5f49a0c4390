from collections import Counter
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime

from psycopg2 import IntegrityError

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.modules.module import get_manifest

from ..loader import journal
from ..loader.arguments import check_object, check_text
from ..loader.bundle import BUNDLE_FORMAT, parse_bundle
from ..loader.copy_mark import copy_mark
from ..loader.halving import replay_if_ours
from ..loader.load import load_rows
from ..periods.stored import company_zone

MODULE = "fusion_centralize_billing"
_NOBODY = {"live_customers": 0, "shadow_customers": 0}


@contextmanager
def replayed(env):
    """Let Odoo replay the whole call when another load brought the same keys first."""
    try:
        yield
    except IntegrityError as error:
        replay_if_ours(env, error)
        raise


def _company(company):
    """Return what the flows need to know of a company, as JSON."""
    company = company.sudo()
    return {
        "id": company.id,
        "name": company.name,
        "currency": company.currency_id.name,
        "country": company.country_id.code or None,
        "timezone": company_zone(company),
    }


class ImportWizard(models.TransientModel):
    """The door through which the flows load: its public methods are the RPC contract."""

    _name = "fusion.billing.import.wizard"
    _description = "Billing Import"

    @api.model
    def about(self):
        """Return who answers: addon version, bundle format, its clock, company, services.

        ``company`` is the user's current one; each service has its own, which bills it.
        ``services`` is empty for a user without the Reader group.
        """
        user = self.env.user
        services = self.env["fusion.billing.service"]
        if user.has_group(f"{MODULE}.group_reader"):
            services = services.search([])
        customers = services.sudo()._count_customers()
        return {
            "addon_version": get_manifest(MODULE)["version"],
            "bundle_format": BUNDLE_FORMAT,
            "now": datetime.now(UTC).isoformat(),
            "company": _company(self.env.company),
            "services": [
                {
                    **values,
                    **customers.get(service.id, _NOBODY),
                    "company": _company(service.company_id),
                }
                for service, values in zip(
                    services, services.read(self._service_columns(), load=None), strict=True
                )
            ],
            "can_import": user.has_group(f"{MODULE}.group_importer"),
        }

    @api.model
    def _service_columns(self):
        """Return the names of the fields that ``about`` tells of each service."""
        return ["code", "name", "phase", "source"]

    @api.model
    def start_run(self, values):
        """Log that a run has begun and return its id; a second call finds the same run.

        Raises:
            UserError: A value is missing or the service is unknown.
        """
        env = self._importer_env()
        values = journal.read_run(env, values)
        service = self._service(env, values["service"])
        with replayed(self.env):
            return journal.start_run(env, service, values)

    @api.model
    def load_bundle(self, bundle):
        """Load a bundle and answer for every row of it.

        Loading it again changes nothing; loading a changed one updates. A dry run does all
        of it and rolls it back: it leaves nothing behind, not even a line in the log.

        Contacts, products and orders are written without tracking, so they have neither a
        creation message nor followers: nobody may get mail about a shadow, and the import
        log tells what came when.

        Raises:
            UserError: The bundle is malformed; nothing was loaded.
            AccessError: The user is not in the Importer group.
        """
        env = self._importer_env()
        bundle = parse_bundle(bundle)
        # The loaders look records up with plain SQL.
        env.flush_all()
        with self._kept_unless(bundle.dry_run), replayed(self.env):
            load_rows(self._service(env, bundle.service), bundle)
            rows = list(bundle.rows())
            if bundle.run and not bundle.dry_run:
                # Plans ride along with the customers who need them: they count once, alone.
                counted = bundle.customers + bundle.orders + bundle.ended or bundle.plans
                journal.log_bundle(
                    self._run(bundle.run), bundle.key, Counter(row.outcome for row in counted)
                )
            env.flush_all()
        return {
            "bundle": bundle.key,
            "dry_run": bundle.dry_run,
            "rows": [row.answer(bundle.dry_run) for row in rows],
        }

    @api.model
    def look_at_copy(self, service, source_mark):
        """Return the mark of a source and its copy, and the last run that ended with both.

        As long as the mark is the same, a load would find every row as that run left it.

        Args:
            service: Code of the service.
            source_mark: What the source's rows are, and whatever else decides about a load.

        Raises:
            UserError: The service is unknown.
            AccessError: The user is not in the Importer group.
        """
        check_text(source_mark, self.env._("The mark of a source"))
        known = self._known_service(service)
        mark = f"{source_mark} {copy_mark(known)}"
        ended_so = [("service_id", "=", known.id), ("world_mark", "=", mark)]
        run = known.env["fusion.billing.import.run"].search(ended_so, limit=1)
        found = {"key": run.key, "results_mark": run.results_mark} if run else None
        return {"world_mark": mark, "run": found}

    @api.model
    def finish_run(self, key, values):
        """Log how a run ended and which rows it left out; the last call counts.

        Raises:
            UserError: The run was never started, or the state is not a final one.
        """
        self._importer_env()
        check_object(values, self.env._("The end of a run"))
        journal.finish_run(self._run(key), values)
        return True

    def _run(self, key):
        """Return the caller's run of this key, in a superuser environment.

        Raises:
            UserError: It was never started, or is of a service that is not the caller's.
        """
        check_text(key, self.env._("The key of a run"))
        own = self._own()
        run = own["fusion.billing.import.run"].search([("key", "=", key)])
        if not run:
            raise UserError(own._("No import run '%(key)s' was started in Odoo.", key=key))
        return run.with_env(self._importer_env())

    def _importer_env(self):
        """Return a superuser environment for a user who may import.

        It starts from a clean context: a caller's language or defaults must not decide
        what is stored.
        """
        if not self.env.user.has_group(f"{MODULE}.group_importer"):
            raise AccessError(
                self.env._(
                    "Loading needs the group Centralized Billing / Importer; "
                    "ask an administrator for it."
                )
            )
        return self.env(su=True, context={"tracking_disable": True})

    @api.model
    def _known_service(self, code):
        """Return the service in a superuser environment of its company, all written down.

        Raises:
            UserError: There is none of this code.
            AccessError: The user is not in the Importer group.
        """
        env = self._importer_env()
        service = self._service(env, code)
        if not service:
            raise UserError(self.env._("Odoo has no active service '%(code)s'.", code=code))
        # What follows reads with plain SQL.
        env.flush_all()
        return service

    @api.model
    def _service(self, env, code):
        """Return the caller's service of this code in an environment of its company, or none.

        It is looked for with the caller's own rights: one of a company that is not theirs is
        not found, whatever ``env`` may see.
        """
        check_text(code, self.env._("The code of a service"))
        service = self._own()["fusion.billing.service"].search([("code", "=", code)])
        return service.with_env(env).with_company(service.company_id.id)

    def _own(self):
        """Return an environment with the caller's own rights, and nothing else of the caller's.

        Whatever a public method finds by a key that was sent is found in it first.
        """
        return self.env(context={})

    def _kept_unless(self, dry_run):
        """Return a context that undoes everything in a dry run."""
        return closing(self.env.cr.savepoint()) if dry_run else nullcontext()
