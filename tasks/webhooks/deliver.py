"""Deliver webhooks: Odoo sends, lane beside lane, until nothing is due any more."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.clients.odoo import webhooks as odoo_webhooks
from tasks.model.errors import ConfigError, FusionError
from tasks.model.outbox import Attempt, Backlog, Message
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings
from tasks.webhooks.results import Delivered

#: So many rows of a list are worth reading; the files say when there are more.
SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Batch:
    """One call's attempts and what was left after it; one object for Prefect to track."""

    attempts: tuple[Attempt, ...]
    backlog: Backlog


def require_odoo(service: str | None) -> None:
    """Make sure that Odoo is there, this user may deliver, and the service is known.

    Raises:
        ConfigError: With what to do about it.
    """
    settings = load_settings()
    about = settings.odoo().about()
    if not about["can_import"]:
        raise ConfigError(
            f"The Odoo user {settings.odoo_user!r} may not deliver webhooks. Add it to the"
            " group Centralized Billing / Importer."
        )
    codes = sorted(known["code"] for known in about["services"])
    if service is not None and service not in codes:
        raise ConfigError(f"Odoo knows no service {service!r} (it knows: {', '.join(codes)}).")


@io_task("tell-what-time-brought")
def look_for_due() -> int:
    """Let Odoo queue what only the passing of time brings."""
    return odoo_webhooks.tell_what_time_brought(load_settings().odoo())


@io_task("deliver", run_name="deliver-{worker}")
def deliver_batch(worker: str, limit: int, service: str | None) -> Batch:
    """Let Odoo send up to ``limit`` messages; if the call is lost, a second one goes on."""
    return Batch(
        *odoo_webhooks.deliver(load_settings().odoo(), limit=limit, worker=worker, service=service)
    )


@io_task("read-waiting")
def read_waiting(service: str | None) -> tuple[tuple[Message, ...], Backlog]:
    """Read what could be sent now."""
    return odoo_webhooks.waiting(load_settings().odoo(), limit=SHOWN, service=service)


@io_task("read-given-up")
def read_given_up(service: str | None) -> tuple[Message, ...]:
    """Read what waits for a person."""
    return odoo_webhooks.given_up(load_settings().odoo(), limit=SHOWN, service=service)


def deliver_all(
    run: Run,
    *,
    service: str | None,
    lanes: int,
    batch_messages: int,
    max_messages: int,
) -> Delivered:
    """Deliver in rounds until nothing is due, or so many were tried.

    Args:
        run: Names the lanes in Odoo's log; its own log hears of every round.
        service: Code of the one service to deliver for; None: all.
        lanes: Calls to Odoo at once.
        batch_messages: Messages that a call takes.
        max_messages: After so many attempts the rest is left to the next run.
    """
    attempts: list[Attempt] = []
    backlog = Backlog()
    number = 0
    while len(attempts) < max_messages:
        number += 1
        futures = [
            deliver_batch.submit(f"{run.key}.{number}-{lane}", batch_messages, service)
            for lane in range(1, lanes + 1)
        ]
        batches: list[Batch] = []
        faults: list[str] = []
        for future in futures:
            answer = future.result(raise_on_failure=False)
            if isinstance(answer, FusionError):
                faults.append(str(answer))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                batches.append(answer)
        attempts += [attempt for batch in batches for attempt in batch.attempts]
        if batches:
            backlog = min((batch.backlog for batch in batches), key=lambda left: left.due)
        done = Delivered(tuple(attempts), backlog, faults[0] if faults else None)
        run.log.info(
            "%s attempts so far; %s messages still due.", f"{len(attempts):,}", f"{backlog.due:,}"
        )
        if faults or not backlog.due or not any(batch.attempts for batch in batches):
            return done
    return Delivered(
        tuple(attempts), backlog, f"{backlog.due:,} messages are left to the next run."
    )
