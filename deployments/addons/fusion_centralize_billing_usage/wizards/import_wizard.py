from datetime import datetime

from odoo import api, models

from odoo.addons.fusion_centralize_billing.loader import journal
from odoo.addons.fusion_centralize_billing.loader.arguments import check_page, read_window

from ..metering import load
from ..metering.batch import parse_batch
from ..metering.preview import MAX_PAGE, rate_page, rate_rows
from ..metering.ratings import store_page
from ..metering.subscriptions import each_order, find_subscriptions, page_of_subscriptions
from ..metering.turns import take_turns


class ImportWizard(models.TransientModel):
    """Metering and rating: usage in, and what it costs out."""

    _inherit = "fusion.billing.import.wizard"

    @api.model
    def finish_run(self, key, values):
        """Log how a run ended; see the base addon.

        ``usage_metered_until`` (ISO time), if given, is when a complete metering run read the
        source; the service remembers the latest.
        """
        done = super().finish_run(key, values)
        if values.get("usage_metered_until"):
            service = self._run(key).service_id
            metered = journal.utc(datetime.fromisoformat(values["usage_metered_until"]))
            service.usage_metered_until = max(service.usage_metered_until or metered, metered)
        return done

    @api.model
    def _service_columns(self):
        return [*super()._service_columns(), "usage_metered_until"]

    @api.model
    def load_usage(self, batch):
        """Load a batch of usage; answer counts, and a line for each row with something to say.

        Loading it again changes nothing. Another quantity under the same key replaces the
        first and leaves a trail. A dry run does all of it and rolls it back.

        Raises:
            UserError: The batch is malformed; nothing was loaded.
            AccessError: The user is not in the Importer group.
        """
        env, service, batch = self._batch_scope(batch)
        with self._kept_unless(batch.dry_run):
            counts = load.load_usage(service.env, service, batch)
            if batch.run and not batch.dry_run:
                journal.log_bundle(self._run(batch.run), batch.key, counts)
                env.flush_all()
        return load.answer(batch, counts)

    @api.model
    def preview_load(self, batch):
        """Return what the billing periods of a batch would cost with it; stores nothing.

        It is loaded, rated with what is there already, and rolled back. Rows that the load
        would refuse are left out; ``load_usage`` tells why.

        Returns:
            ``rows`` and ``failed``, as ``preview_usage``.

        Raises:
            UserError: The batch is malformed.
            AccessError: The user is not in the Importer group.
        """
        _env, service, batch = self._batch_scope(batch)
        if not service:
            return {"rows": [], "failed": []}
        with self._kept_unless(dry_run=True):
            load.load_usage(service.env, service, batch)
            page = rate_rows(service.env, service, batch.rows)
            return {"rows": [line.answer() for line in page.lines], "failed": page.failed}

    @api.model
    def preview_usage(self, service, period_from, period_to, after_id=0, limit=1000):
        """Return what usage costs, one page of subscriptions after the other; stores nothing.

        One row for each subscription, metric and billing period that starts in
        [``period_from``, ``period_to``), also for periods without usage. Every subscription
        is rated, shadow or not.

        Args:
            service: Code of the service.
            period_from: ISO time; UTC if it has no offset.
            period_to: ISO time.
            after_id: ``next_after_id`` of the page before.
            limit: Subscriptions in a page.

        Returns:
            ``rows``, ``failed`` for what a charge's terms do not allow to rate, and
            ``next_after_id``: null after the last page.

        Raises:
            UserError: The service is unknown or the window makes no sense.
            AccessError: The user is not in the Importer group.
        """
        service, since, until = self._rating_scope(service, period_from, period_to)
        page = rate_page(service.env, service, since, until, after_id, limit)
        return {
            "rows": [line.answer() for line in page.lines],
            "failed": page.failed,
            "next_after_id": page.next_after_id,
        }

    @api.model
    def rate_usage(self, service, period_from, period_to, after_id=0, limit=1000, dry_run=False):
        """Rate a page of subscriptions and store it; put on live orders what is due.

        A charge without a recurring plan, a shadow order and a period that is not over are
        only previewed: their rating is stored as such and no order is touched. Otherwise the
        order gets one line for the metric and period, however often this runs.

        Args and errors are those of ``preview_usage``; ``dry_run`` rolls everything back.

        Returns:
            Counts ``created``, ``updated``, ``unchanged`` of ratings, ``billed`` of those
            that were closed now, ``failed``; ``rows`` for the failed; ``next_after_id``.
        """
        service, since, until = self._rating_scope(service, period_from, period_to)
        check_page(after_id, limit, MAX_PAGE)
        self._wait_for(page_of_subscriptions(service.env, service, after_id, limit))
        with self._kept_unless(dry_run):
            page = rate_page(service.env, service, since, until, after_id, limit)
            result = store_page(service.env, service, page)
            service.env.flush_all()
        return {**result, "dry_run": dry_run, "next_after_id": page.next_after_id}

    def _batch_scope(self, batch):
        """Return a clean environment, the batch's service in its own, and the checked batch."""
        env = self._importer_env()
        batch = parse_batch(batch)
        env.flush_all()
        service = self._service(env, batch.service)
        if service:
            named = {row.external_id for row in batch.rows}
            self._wait_for(each_order(find_subscriptions(service.env, service, named).values()))
        return env, service, batch

    def _rating_scope(self, code, period_from, period_to):
        """Return the service in its environment, and the window."""
        self._importer_env()
        since, until = read_window(period_from, period_to)
        return self._known_service(code), since, until

    def _wait_for(self, subscriptions):
        """Take the turns of those that run: their usage is loaded or billed next."""
        take_turns(self.env, [found.id for found in subscriptions if found.live])
