from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..doors.prefect import DoorError, NotFoundError, Prefect, UnansweredError, read_address

ADDRESS = "fusion_centralize_billing.prefect_url"
LOGIN = "fusion_centralize_billing.prefect_login"
OVER = ("completed", "failed")
#: Flows that only look: they have no dry run.
LOOKING = ("watch",)
_STATES = {
    "SCHEDULED": "scheduled",
    "PENDING": "scheduled",
    "RUNNING": "running",
    "CANCELLING": "running",
    "PAUSED": "waiting",
    "COMPLETED": "completed",
    "FAILED": "failed",
    "CRASHED": "failed",
    "CANCELLED": "failed",
}
_LATE = timedelta(minutes=1)
_GIVE_UP = timedelta(hours=1)
_MOST_CHARACTERS = 2000
_FOLLOWED_AT_ONCE = 50


class FusionBillingFlowRun(models.Model):
    """A run of a flow that somebody asked for in Odoo, as Prefect tells of it.

    Who asked stays on record before Prefect is asked: whoever asks for a cutover decides not
    about it.
    """

    _name = "fusion.billing.flow.run"
    _description = "Flow Run"
    _order = "id desc"
    _rec_name = "what"

    key = fields.Char(required=True, readonly=True, help="What Prefect knows the request by.")
    service_id = fields.Many2one(
        "fusion.billing.service", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    what = fields.Selection(
        [
            ("backfill", "Backfill"),
            ("usage", "Usage"),
            ("reconcile", "Reconciliation"),
            ("dual-run", "Dual Run"),
            ("cutover", "Cutover"),
            ("watch", "Watch"),
        ],
        required=True,
        readonly=True,
    )
    dry_run = fields.Boolean(readonly=True, help="It changes nothing.")
    deployment = fields.Char(readonly=True, required=True)
    user_id = fields.Many2one(
        "res.users", "Asked By", required=True, readonly=True, ondelete="restrict"
    )
    asked_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    flow_run = fields.Char("Run in Prefect", readonly=True, index=True)
    url = fields.Char("Page in Prefect", readonly=True)
    state = fields.Selection(
        [
            ("asked", "Asked For"),
            ("scheduled", "Scheduled"),
            ("running", "Running"),
            ("waiting", "Waits for a Decision"),
            ("completed", "Completed"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="asked",
        index=True,
    )
    state_name = fields.Char("State in Prefect", readonly=True)
    message = fields.Text(readonly=True)
    followed_at = fields.Datetime("Looked At", readonly=True)
    import_run_ids = fields.Many2many(
        "fusion.billing.import.run", string="Import Runs", compute="_compute_import_runs"
    )

    _key_uniq = models.Constraint("UNIQUE (key)", "This run is already asked for.")

    @api.depends("flow_run", "state")
    def _compute_import_runs(self):
        for run in self:
            ours = [("flow_run", "=", run.flow_run), ("service_id", "=", run.service_id.id)]
            runs = self.env["fusion.billing.import.run"]
            run.import_run_ids = runs.search(ours) if run.flow_run else runs

    @api.model
    def _door(self):
        """Return the Prefect that an administrator has set.

        Raises:
            DoorError: None is set, or its address is no good.
        """
        settings = self.env["ir.config_parameter"].sudo()
        address = settings.get_param(ADDRESS)
        if not address:
            raise DoorError(
                self.env._(
                    "Odoo does not know where Prefect is: an administrator sets it in "
                    "Settings > Centralized Billing."
                )
            )
        return Prefect(read_address(address), settings.get_param(LOGIN) or "")

    @api.model
    def _ask(self, key, service, what, *, dry_run):
        """Start a service's flow for the user who calls, and return its record.

        Asking again with the same key finds the same run.

        Raises:
            UserError: It cannot be started; nothing was asked for.
            AccessError: The user is no person of the Manager group.
        """
        user = self.env.user
        if not user.has_group("fusion_centralize_billing.group_manager") or user.share:
            raise AccessError(
                self.env._("Starting a flow is for people of Centralized Billing / Manager.")
            )
        service.check_access("read")
        runs = self.sudo()
        run = runs.search([("key", "=", key)])
        if run:
            if run.state == "asked":
                run._start()
            return run
        deployment = f"{what}/{service.code}"
        try:
            runs._door().deployment(what, service.code)
        except NotFoundError:
            raise UserError(
                self.env._(
                    "Prefect has no deployment '%(name)s'. Add it to deployments/prefect.yaml and "
                    "apply it (make deploy).",
                    name=deployment,
                )
            ) from None
        except DoorError as error:
            raise UserError(str(error)) from None
        run = runs.create(
            {
                "key": key,
                "service_id": service.id,
                "what": what,
                "dry_run": dry_run or what in LOOKING,
                "deployment": deployment,
                "user_id": user.id,
            }
        )
        # Who asked must be known before a run can begin, whatever becomes of this call.
        self.env.cr.commit()  # pylint: disable=invalid-commit
        run._start(first=True)
        return run

    def _start(self, *, first=False):
        """Ask Prefect to start this run; a second time it is the run of the first."""
        self.ensure_one()
        parameters = {"service": self.service_id.code}
        if self.what not in LOOKING:
            parameters["dry_run"] = self.dry_run
        try:
            door = self._door()
            known = door.deployment(*self.deployment.split("/", 1))
            self._found(door, door.start(str(known["id"]), parameters, self._prefect_key()))
        except UnansweredError as error:
            # It may have begun: the next look asks with the same key, and finds it.
            self.message = str(error)
        except KeyError:
            self.message = self.env._("Prefect gave an answer that says nothing.")
        except DoorError as error:
            # Asked for before, it may have begun all the same.
            self.write({"message": str(error), "state": "failed" if first else "asked"})

    def _prefect_key(self):
        database = self.env["ir.config_parameter"].get_param("database.uuid")
        return f"odoo-{database}-{self.key}"

    def _found(self, door, found):
        """Note which run of Prefect it is, and what Prefect tells of it."""
        key = str(found["id"])
        self.write({"flow_run": key, "url": door.page_of(key)})
        self._take(found)

    def _look_for(self):
        """Look for a run that Prefect may have begun, and begin none: it is too late for that.

        Only when Prefect says that there is none it is over: until then it can begin, and who
        asked for it decides about nothing that it plans.

        Raises:
            DoorError: Prefect cannot be asked.
        """
        door = self._door()
        found = door.find(self._prefect_key())
        if found:
            self._found(door, found)
            return
        said = self.env._("Prefect did not answer, and has not begun it: ask for it again.")
        self.write({"state": "failed", "message": said})

    def _take(self, found):
        """Note what Prefect tells of this run."""
        self.ensure_one()
        told = found.get("state") or {}
        name = str(told.get("name") or found.get("state_name") or "")
        state = _STATES.get(str(told.get("type") or found.get("state_type")), self.state)
        message = str(told.get("message") or "")[:_MOST_CHARACTERS]
        now = fields.Datetime.now()
        if state == "scheduled" and name != "AwaitingRetry" and now - self.asked_at > _LATE:
            message = self.env._(
                "Prefect has not begun it yet: no worker is free or none runs. Start one with "
                "'prefect worker start'."
            )
        self.write({"state": state, "state_name": name, "message": message, "followed_at": now})

    def _follow(self):
        """Look at the run in Prefect.

        Raises:
            DoorError: Prefect cannot be asked.
        """
        self.ensure_one()
        if self.state in OVER:
            return
        if not self.flow_run and fields.Datetime.now() - self.asked_at > _GIVE_UP:
            self._look_for()
            return
        if not self.flow_run:
            self._start()
            return
        try:
            self._take(self._door().flow_run(self.flow_run))
        except NotFoundError:
            said = self.env._("Prefect does not know this run any more: it was deleted there.")
            self.write({"state": "failed", "message": said})

    def action_follow(self):
        """Look at these runs in Prefect now."""
        self.check_access("read")
        for run in self.sudo():
            try:
                run._follow()
            except DoorError as error:
                raise UserError(str(error)) from None

    @api.model
    def _cron_follow(self):
        """Look at every run that is not over."""
        runs = self.search(
            [("state", "not in", OVER)], limit=_FOLLOWED_AT_ONCE, order="followed_at"
        )
        for run in runs:
            try:
                run._follow()
            except DoorError as error:
                run.message = str(error)
                return

    def action_open_result(self):
        """Open the import runs that this run made."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_centralize_billing.fusion_billing_import_run_action"
        )
        action["domain"] = [("id", "in", self.import_run_ids.ids)]
        return action

    def _open(self):
        """Return the action that shows this run."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "name": self.env._("Flow Run"),
        }
