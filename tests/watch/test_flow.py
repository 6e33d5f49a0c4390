"""The watch on the real stack: before anybody is live, nobody falls between unseen."""

from __future__ import annotations


def test_before_the_switch_nobody_is_watched_and_whoever_is_not_compared_is_named(world):
    from flows.watch import watch

    world.run()
    state = watch(return_state=True)
    assert state.name == "WatchFoundTrouble", state.message
    said = world.report("watch")
    assert (said["watched"], said["compared"], said["lines"]) == (0, 0, 0)
    links = {key for (key,) in world.sql("SELECT external_id FROM fusion_billing_account_link")}
    assert links <= said["neither"].keys()
    folder = world.reports / "watch" / "latest"
    assert all((folder / name).stat().st_size for name in ("index.html", "reconciliation.xlsx"))
