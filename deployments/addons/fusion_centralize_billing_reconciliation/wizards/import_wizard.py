from functools import partial

from odoo import api, models

from odoo.addons.fusion_centralize_billing.loader.arguments import check_page
from odoo.addons.fusion_centralize_billing.wizards.import_wizard import replayed
from odoo.addons.fusion_centralize_billing_usage.metering.preview import MAX_PAGE

from ..reconciling.batch import parse_batch
from ..reconciling.evidence import usage_rows
from ..reconciling.ledger import ledger_page
from ..reconciling.load import load_lines
from ..reconciling.long_periods import long_period_page
from ..reconciling.watched import watched_page


class ImportWizard(models.TransientModel):
    """Odoo's side of a reconciliation, the evidence under it, and the lines that do not agree."""

    _inherit = "fusion.billing.import.wizard"

    @api.model
    def ledger_lines(self, service, period_from, period_to, after_id=0, limit=1000):
        """Return what Odoo bills, or would bill, in the periods that start in the window.

        One row for each subscription, item and period; see ``readme/USAGE.md`` for the columns.

        Args:
            service: Code of the service.
            period_from: ISO time; UTC if it has no offset.
            period_to: ISO time.
            after_id: ``next_after_id`` of the page before.
            limit: Subscriptions in a page.

        Raises:
            UserError: The service is unknown or the window makes no sense.
            AccessError: The user is not in the Importer group.
        """
        return self._page_of_ledger(ledger_page, service, (period_from, period_to), after_id, limit)

    @api.model
    def long_period_lines(
        self, service, period_from, period_to, after_id=0, limit=1000, months=False
    ):
        """Return what Odoo would bill for the periods longer than a month that were due last.

        Rows as of ``ledger_lines``, of subscriptions in shadow. A period that begins in the window
        is among them, and in that ledger too.

        Args:
            service: Code of the service.
            period_from: ISO time; UTC if it has no offset.
            period_to: ISO time.
            after_id: ``next_after_id`` of the page before.
            limit: Subscriptions in a page.
            months: What the source has billed last goes before, if its period began after the
                window, also of who pays by less.

        Raises:
            UserError: The service is unknown or the window makes no sense.
            AccessError: The user is not in the Importer group.
        """
        read = partial(long_period_page, months=bool(months))
        return self._page_of_ledger(read, service, (period_from, period_to), after_id, limit)

    @api.model
    def watched_lines(self, service, period_from, period_to, after_id=0, limit=1000):
        """Return whom Odoo bills, what is posted line by line, and what is not paid.

        Args:
            service: Code of the service.
            period_from: ISO time; UTC if it has no offset.
            period_to: ISO time.
            after_id: ``next_after_id`` of the page before.
            limit: Subscriptions in a page.

        Raises:
            UserError: The service is unknown or the window makes no sense.
            AccessError: The user is not in the Importer group.
        """
        return self._page_of_ledger(
            watched_page, service, (period_from, period_to), after_id, limit
        )

    def _page_of_ledger(self, read, service, period, after_id, limit):
        """Return a page of a reader, once what it is asked is known to make sense."""
        service, since, until = self._rating_scope(service, *period)
        check_page(after_id, limit, MAX_PAGE)
        return read(service.env, service, since, until, after_id, limit)

    @api.model
    def usage_rows(self, service, keys):
        """Return the usage rows under ledger lines.

        Args:
            service: Code of the service.
            keys: At most 1,000 of ``[subscription, metric, from, to]``.

        Raises:
            UserError: The service is unknown or the keys are malformed.
            AccessError: The user is not in the Importer group.
        """
        service = self._known_service(service)
        return usage_rows(service.env, service, keys)

    @api.model
    def load_reconciliation(self, batch):
        """Store the differences of a reconciliation; answer counts and what failed.

        The same lines again change nothing; other figures replace, leave a trail, and open a
        resolved line again. The run's last batch settles what it did not name. A dry run
        does all of it and rolls it back.

        Raises:
            UserError: The batch is malformed; nothing was loaded.
            AccessError: The user is not in the Importer group.
        """
        env = self._importer_env()
        batch = parse_batch(batch)
        env.flush_all()
        with self._kept_unless(batch.dry_run), replayed(self.env):
            service = self._service(env, batch.service)
            answer = load_lines(service.env, service, batch)
            env.flush_all()
        return answer
