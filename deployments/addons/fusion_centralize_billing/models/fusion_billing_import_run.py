from odoo import api, fields, models

COUNTED = ("created", "updated", "unchanged", "failed")


class FusionBillingImportRun(models.Model):
    """One run of a load into Odoo, as the flow outside reports it.

    The counts are sums over its bundles: two bundles that load side by side never write
    the same row.
    """

    _name = "fusion.billing.import.run"
    _description = "Import Run"
    _order = "started_at desc, id desc"
    _rec_name = "key"

    key = fields.Char("Run", required=True, readonly=True)
    service_id = fields.Many2one(
        "fusion.billing.service", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    source = fields.Char(readonly=True)
    state = fields.Selection(
        [("running", "Running"), ("done", "Done"), ("partial", "Partial"), ("failed", "Failed")],
        required=True,
        readonly=True,
        default="running",
        index=True,
    )
    started_at = fields.Datetime(required=True, readonly=True)
    finished_at = fields.Datetime(readonly=True)
    duration = fields.Float(
        "Duration (s)", compute="_compute_duration", digits=(16, 1), help="Seconds."
    )
    message = fields.Text(readonly=True)
    url = fields.Char("Run Page", readonly=True, help="Where the run can be looked at outside.")
    flow_run = fields.Char(
        "Run in Prefect",
        readonly=True,
        index=True,
        help="That it was made by, as Prefect knows it.",
    )
    rows_read = fields.Integer(readonly=True)
    quarantined = fields.Integer(readonly=True)
    world_mark = fields.Char(
        readonly=True,
        index="btree_not_null",
        copy=False,
        help="What the source and the copy were at its end, where all was well.",
    )
    results_mark = fields.Char(readonly=True, copy=False, help="Of the file with its results.")
    bundle_ids = fields.One2many("fusion.billing.import.bundle", "run_id", "Bundles")
    row_ids = fields.One2many("fusion.billing.import.row", "run_id", "Rows Not Loaded")
    bundle_count = fields.Integer("Bundles Loaded", compute="_compute_counts")
    created = fields.Integer(compute="_compute_counts")
    updated = fields.Integer(compute="_compute_counts")
    unchanged = fields.Integer(compute="_compute_counts")
    failed = fields.Integer(compute="_compute_counts")

    _idempotency_keys = ("key_uniq",)
    _key_uniq = models.Constraint("UNIQUE (key)", "This run is already here.")

    @api.depends("started_at", "finished_at")
    def _compute_duration(self):
        for run in self:
            ended = run.finished_at
            run.duration = (ended - run.started_at).total_seconds() if ended else 0.0

    @api.depends(*(f"bundle_ids.{name}" for name in COUNTED))
    def _compute_counts(self):
        groups = self.env["fusion.billing.import.bundle"]._read_group(
            [("run_id", "in", self.ids)],
            ["run_id"],
            ["__count", *(f"{name}:sum" for name in COUNTED)],
        )
        totals = {run.id: counts for run, *counts in groups}
        for run in self:
            bundles, *counts = totals.get(run.id, (0, 0, 0, 0, 0))
            run.bundle_count = bundles
            run.update(dict(zip(COUNTED, counts, strict=True)))


class FusionBillingImportBundle(models.Model):
    """What one bundle of a run ended as; loading the same bundle again replaces it."""

    _name = "fusion.billing.import.bundle"
    _description = "Imported Bundle"
    _order = "key"
    _rec_name = "key"

    run_id = fields.Many2one(
        "fusion.billing.import.run", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True, precompute=True)
    key = fields.Char("Bundle", required=True)
    created = fields.Integer()
    updated = fields.Integer()
    unchanged = fields.Integer()
    failed = fields.Integer()

    _idempotency_keys = ("key_uniq",)
    _key_uniq = models.Constraint("UNIQUE (run_id, key)", "The run has already logged this bundle.")


class FusionBillingImportRow(models.Model):
    """A source row that a run did not load, and why."""

    _name = "fusion.billing.import.row"
    _description = "Row Not Loaded"
    _order = "id desc"
    _rec_name = "external_id"

    run_id = fields.Many2one(
        "fusion.billing.import.run", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="run_id.company_id", store=True, precompute=True)
    entity = fields.Char(required=True)
    external_id = fields.Char("Source ID", required=True)
    customer = fields.Char("Account ID", index="btree_not_null", help="Whose row it is, if told.")
    outcome = fields.Selection(
        [("failed", "Failed"), ("quarantined", "Quarantined")], required=True
    )
    code = fields.Char("Reason Code")
    message = fields.Text("Reason")
