"""verify: what a load left in Odoo, read back and held against the rules of a shadow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prefect.utilities.annotations import quote

from tasks.backfill.check_copy import check_readback
from tasks.backfill.verify import ReadBack, read_copy
from tasks.check.result import CheckResult
from tasks.model.records import LoadedRow, Mapped
from tasks.run.asking import ask
from tasks.run.retries import io_task, pure_task
from tasks.run.run import Run

verify = io_task("verify")(read_copy)
check_copy = pure_task("check-copy")(check_readback)


@dataclass(frozen=True, slots=True)
class CheckedCopy:
    """Odoo's side and what the rules say of it.

    Both are None if it was not read; ``unread`` says why, if it was meant to be.
    """

    copy: ReadBack | None = None
    checked: CheckResult | None = None
    unread: str | None = None


def read_back(
    run: Run, service: str, mapped: Mapped, answers: Mapping[tuple[str, str], LoadedRow]
) -> CheckedCopy:
    """Read what was loaded back and check it; what Odoo cannot answer any more is told."""
    copy, unread = ask(verify, service, quote(mapped), quote(answers))
    if copy is None:
        return CheckedCopy(unread=unread)
    checked = check_copy(copy.orders, copy.lines, copy.charges, copy.counts, **run.data_docs)
    return CheckedCopy(copy, checked)
