"""The report of a dual run: which cycles are green, and why the others are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.dual_run.cycles import DIFFERENCES, Cycle
from tasks.dual_run.readiness import Standing, attachment, sentence, tables, waits
from tasks.dual_run.readiness import figures as readiness_figures
from tasks.model.end_state import CLEAN, EndState
from tasks.model.report import Answer, Bar, Chart, Head, Headline, Link, Report, Table


def build_report(
    head: Head,
    cycles: Sequence[Cycle],
    history: Sequence[Mapping[str, Any]],
    period: str,
    standings: Sequence[Standing],
) -> Report:
    """Tell a dual run of one or many services.

    Args:
        head: Whose report it is.
        cycles: One for each service.
        history: Recorded cycles of these services, latest first.
        period: The month.
        standings: Who of the services is ready.
    """
    red = [cycle for cycle in cycles if not cycle.green]
    codes = [step.exit_code for cycle in red for step in cycle.steps if not step.goes_on]
    exit_code = (codes or [DIFFERENCES])[0] if red else CLEAN
    said = "; ".join(f"{cycle.service} {period}: {_words(cycle)}" for cycle in cycles)
    refused = _refused(cycles)
    name = "CompletedWithFailures" if refused else "Completed"
    return Report(
        head=head,
        end=EndState(
            "CycleNotGreen" if red else name,
            ("Dry run, nothing recorded. " if head.dry_run else "")
            + said
            + (refused and f".{refused}"),
            exit_code,
        ),
        about=f"Dual run of {period}",
        headline=_headline(
            cycles, red, period, sentence(standings) + refused, is_waited=waits(standings)
        ),
        answers=tuple(_answer(cycle) for cycle in cycles),
        sections=(
            *tables(standings),
            _reasons(red),
            *_charts(history),
            _steps(cycles),
            _history(history),
        ),
        attachments=(attachment(standings),),
        figures={
            "readiness": readiness_figures(standings),
            "period": period,
            "cycles": [
                {
                    "service": cycle.service,
                    "key": cycle.key,
                    "green": cycle.green,
                    "reasons": list(cycle.reasons),
                    "figures": cycle.figures.as_json() if cycle.figures else None,
                }
                for cycle in cycles
            ],
        },
    )


def _words(cycle: Cycle) -> str:
    return "green" if cycle.green else f"not green, {' '.join(cycle.reasons)}"


def _refused(cycles: Sequence[Cycle]) -> str:
    """Say that Odoo refused rows, if it did: whoever they are of waits, and nobody else."""
    flows = {flow for cycle in cycles for flow in _rows_refused(cycle)}
    if not flows:
        return ""
    return f" Odoo refused rows ({', '.join(sorted(flows))}): whoever they are of waits, by name."


def _rows_refused(cycle: Cycle) -> list[str]:
    return [step.flow for step in cycle.steps if step.exit_code and step.goes_on]


def _headline(
    cycles: Sequence[Cycle], red: Sequence[Cycle], period: str, ready: str, *, is_waited: bool
) -> Headline:
    """Begin with who is ready: that is what a dual run is for."""
    if not red:
        return Headline(
            "warn" if any(map(_rows_refused, cycles)) else "good",
            ready,
            f"{period} is green: {_services(len(cycles))} within the limits.",
            "Look at what is waited for; then switch whoever is ready."
            if is_waited
            else "Rehearse the switch; then switch them.",
            f"python -m flows cutover --service {cycles[0].service} --dry-run",
        )
    return Headline(
        "bad",
        ready,
        f"{period} is not green for {', '.join(cycle.service for cycle in red)}: "
        f"{red[0].reasons[0]}",
        "Read why not below, correct it or decide in Odoo, and run this month again: the last run"
        " of it counts.",
        f"python -m flows dual-run --service {red[0].service} --period {period}",
    )


def _services(number: int) -> str:
    return "One service" if number == 1 else f"{number} services"


def _answer(cycle: Cycle) -> Answer:
    figures = cycle.figures
    decided = f", {cycle.decided:,} decided" if cycle.decided else ""
    detail = (
        f"{figures.settled:,} of {figures.lines:,} lines are settled{decided},"
        f" {figures.unexplained:,.2f} {figures.currency} unexplained"
        if figures
        else "there was no reconciliation"
    )
    tone, answer = ("good", "green") if cycle.green else ("bad", "not green")
    return Answer(f"How is {cycle.service}?", tone, answer, detail)


def _steps(cycles: Sequence[Cycle]) -> Table:
    return Table(
        "What was run",
        ("Service", "Flow", "Ended as", "What it said", "Report"),
        tuple(
            (
                cycle.service,
                step.flow,
                step.name,
                step.message,
                Link("report", step.page) if step.page else None,
            )
            for cycle in cycles
            for step in cycle.steps
        ),
    )


def _reasons(red: Sequence[Cycle]) -> Table:
    rows = tuple((cycle.service, reason) for cycle in red for reason in cycle.reasons)
    return Table("Why not green", ("Service", "Reason"), rows)


def _history(history: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        "Cycles",
        (
            "Service",
            "Period",
            "Verdict",
            "Green in a row",
            "Settled or decided",
            "Unexplained",
            "Why not",
        ),
        tuple(
            (
                each["service"],
                each["period"],
                "green" if each["green"] else "not green",
                each["in_a_row"],
                f"{each['match_rate']:.2%}",
                each["unexplained"],
                each["why"],
            )
            for each in history
            if each["counts"]
        ),
        intro="Of several runs of one month the last counts.",
        file="cycles.csv",
        where="everywhere",
        in_prefect=True,
    )


def _charts(history: Sequence[Mapping[str, Any]]) -> tuple[Chart, ...]:
    """Draw each service's match rates, oldest first."""
    services = dict.fromkeys(each["service"] for each in history)
    return tuple(
        Chart(
            f"Cycles of {service}",
            tuple(
                Bar(
                    each["period"],
                    float(each["match_rate"]),
                    f"{each['match_rate']:.2%} settled or decided, "
                    f"{'green' if each['green'] else 'not green'}",
                    "good" if each["green"] else "bad",
                )
                for each in reversed(history)
                if each["service"] == service and each["counts"]
            ),
        )
        for service in services
    )
