"""Who signs goes from the first difference to a switch in a real browser, by keyboard alone."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tasks.cutover import approval
from tests.browser import odoo
from tests.browser.odoo import ACTION, arrow_to, drawn, go, log_in, press, tab_to
from tests.browser.screens import NARROW, WIDE, Screens, browsing
from tests.cutover.dual_runs import run_dual_runs
from tests.cutover.people import LOGIN, NAME, PASSWORD, manager_rpc
from tests.flow_world import World

pytestmark = pytest.mark.soak

CUSTOMERS = 40
READINESS = f"{ACTION}_cutover.fusion_billing_readiness_action"
DIFFERENCES = f"{ACTION}_reconciliation.fusion_billing_reconciliation_action"
CUTOVERS = f"{ACTION}_cutover.fusion_billing_cutover_action"
#: What else of this chain a person opens, beside what the walk opens.
SCREENS = (
    f"{ACTION}_cutover.fusion_billing_cycle_action",
    f"{ACTION}_cutover.fusion_billing_cycle_action/1",
    f"{ACTION}_cutover.fusion_billing_approval_action",
    f"{ACTION}_reconciliation.fusion_billing_decision_action",
    f"{ACTION}_reconciliation.fusion_billing_reconciliation_run_action",
    f"{ACTION}.shadow_order_action",
    f"{ACTION}.fusion_billing_account_link_action",
    f"{ACTION}.fusion_billing_account_link_action/1",
    f"{ACTION}.fusion_billing_import_run_action",
    f"{ACTION}.fusion_billing_import_run_action/1",
    f"{ACTION}.fusion_billing_import_wizard_action",
    f"{ACTION}.fusion_billing_flow_run_action",
    f"{ACTION}.fusion_billing_service_action",
)
#: Screens of Odoo's own: what axe-core finds in these is not ours.
ODOOS_OWN = (
    "action-base.action_res_users",
    "action-base.action_res_users/2",
    "action-base.action_partner_form",
    "action-base.action_country",
    "action-base.ir_cron_act",
    "action-sale.action_orders",
)
APPROVED = """
    SELECT count(*) FROM fusion_billing_cutover_customer
    WHERE ready AND cutover_id = (SELECT max(id) FROM fusion_billing_cutover)"""
GOODWILL = "A credit of goodwill, given once."
DECISIONS = """
    SELECT d.reason, p.name FROM fusion_billing_decision d
    JOIN res_users u ON u.id = d.user_id JOIN res_partner p ON p.id = u.partner_id"""
DIALOG = ".modal-content"
LIVE = "SELECT count(*) FROM fusion_billing_account_link WHERE billing_state = 'live'"


@pytest.fixture
def clean(scratch, new_world) -> World:
    """Three dual runs of a sample in which nothing is wrong, but for what people decide."""
    world = new_world(scratch.new_nexacloud_database(CUSTOMERS, clean=True))
    run_dual_runs()
    world.let_all_pay_by_invoice()
    manager_rpc(world)
    return world


class Person:
    """Somebody who is logged in to Odoo in a window, and looks at one screen after the other."""

    def __init__(self, screens: Screens, world: World, odoos_own: set[str]) -> None:
        self.page = screens.page
        self.screens = screens
        self.url = world.scratch.odoo_url
        self.odoos_own = odoos_own
        log_in(screens, self.url, world.database, LOGIN, PASSWORD)

    def see(self, path: str) -> None:
        """Open a screen, which has to be one that everybody can use."""
        go(self.screens, self.url, path)
        self.look()

    def look(self) -> None:
        """Hold what is on the screen to what everybody can use."""
        drawn(self.page)
        found = odoo.breaks(self.screens)
        ours = {each for each in found if each.split(":")[0] not in self.odoos_own}
        assert not ours, (self.page.url, ours)
        assert self.screens.sideways() == 0, self.page.url

    def keys(self, *names: str) -> None:
        """Press keys, one after the other, as fast as Odoo draws."""
        for name in names:
            self.page.keyboard.press(name)
            drawn(self.page)


def odoos_own(world: World, width: int) -> set[str]:
    """Name the rules of axe-core that screens of Odoo's own break at a width."""
    rules: set[str] = set()
    with browsing(width=width) as screens:
        url, admin = world.scratch.odoo_url, (world.scratch.odoo_user, world.scratch.odoo_password)
        log_in(screens, url, world.database, *admin)
        for path in ODOOS_OWN:
            go(screens, url, path)
            rules |= {each.split(":")[0] for each in odoo.breaks(screens)}
    return rules


def open_the_first(person: Person, path: str) -> None:
    """From a list in groups: unfold the first, open its first row."""
    person.see(path)
    for rows in (".o_group_header", ".o_data_row"):
        arrow_to(person.page, rows)
        person.keys("Enter")
    person.page.wait_for_selector(".o_form_view")
    person.look()


def decide_about_the_first_difference(person: Person) -> None:
    """Open a line of a cause, decide, say why."""
    open_the_first(person, DIFFERENCES)
    press(person.page, "Decide")
    person.page.wait_for_selector(DIALOG)
    person.look()
    tab_to(person.page, person.page.get_by_label("Why?"))
    person.page.keyboard.type(GOODWILL)
    press(person.page, "Decide", DIALOG)
    person.page.wait_for_selector(DIALOG, state="detached")
    person.look()


def decide_about_the_cutover(person: Person, world: World) -> None:
    """Open the cutover that waits, see who is switched, and approve it."""
    ((cutover,),) = world.sql("SELECT max(id) FROM fusion_billing_cutover")
    person.see(f"{CUTOVERS}/{cutover}")
    for tab in ("Who Is Switched", "Decisions", "Gate"):
        tab_to(person.page, person.page.get_by_role("tab", name=tab))
        person.keys("Enter")
        person.look()
    press(person.page, "Decide")
    person.page.wait_for_selector(DIALOG)
    person.look()
    tab_to(person.page, person.page.locator(f"{DIALOG} [name=is_waived] input"))
    person.page.keyboard.press("Space")
    tab_to(person.page, person.page.get_by_label("Note"))
    person.page.keyboard.type("Looked at all of it.")
    press(person.page, "Approve", DIALOG)
    person.page.wait_for_selector(DIALOG, state="detached")
    person.look()


def test_from_the_first_difference_to_the_switch_by_keyboard(clean, monkeypatch):
    """Whoever cannot use a mouse, or does not see well, signs like everybody else."""
    own = odoos_own(clean, WIDE) | odoos_own(clean, NARROW)
    with browsing() as screens:
        person = Person(screens, clean, own)
        open_the_first(person, READINESS)
        decide_about_the_first_difference(person)

    assert clean.sql(DECISIONS) == [(GOODWILL, NAME)]

    def approve_in_odoo(_question: str) -> str:
        with browsing() as screens:
            decide_about_the_cutover(Person(screens, clean, own), clean)
        return "yes"

    ask = partial(approval.ask_on_terminal, read=approve_in_odoo)
    monkeypatch.setattr(approval, "ask_on_terminal", ask)
    from flows.cutover import cutover
    from flows.watch import watch

    cutover(ask="terminal", stripe_ids=False, return_state=True)
    assert clean.sql(LIVE) == clean.sql(APPROVED)
    assert clean.sql(LIVE) > [(CUSTOMERS // 2,)]
    watch(return_state=True)

    for width in (WIDE, NARROW):
        with browsing(width=width) as screens:
            person = Person(screens, clean, own)
            for path in (READINESS, DIFFERENCES, CUTOVERS, *SCREENS):
                person.see(path)
    pages = sorted(clean.reports.glob("*/latest/index.html"))
    assert {page.parts[-3] for page in pages} >= {"backfill", "dual-run", "cutover", "watch"}
    hold_pages(pages)


def hold_pages(pages: list[Path]) -> None:
    """Look at pages at two widths, light and dark and printed."""
    for width in (WIDE, NARROW):
        for dark in (False, True):
            with browsing(width=width, dark=dark) as screens:
                for path in pages:
                    screens.page.goto(path.as_uri())
                    assert screens.serious() == set(), (path, width, dark)
                    assert screens.sideways() == 0, (path, width, dark)
                    tab_to(screens.page, screens.page.locator("a, summary, input").first)
    with browsing(print_out=True) as screens:
        for path in pages:
            screens.page.goto(path.as_uri())
            assert screens.page.pdf()
            assert screens.serious() == set(), path
