"""The sample's core rows while they are being made, and the labels of what was spoiled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from deployments.sample.rows import (
    Deployment,
    DeploymentAddon,
    DirtyLabel,
    Plan,
    Subscription,
    User,
)


@dataclass(slots=True)
class World:
    """All core rows as of ``now``; ``labels`` name every rule that a row breaks."""

    now: datetime
    users: list[User]
    plans: list[Plan]
    deployments: list[Deployment]
    subscriptions: list[Subscription]
    addons: list[DeploymentAddon] = field(default_factory=list)
    labels: list[DirtyLabel] = field(default_factory=list)

    def label(self, table: str, row_id: str, rule: str) -> None:
        """Record that a row breaks a rule."""
        self.labels.append(DirtyLabel(table, row_id, rule))


@dataclass(frozen=True, slots=True)
class Service:
    """One live deployment with its owner and its one live subscription."""

    user: User
    deployment: Deployment
    subscription: Subscription


class Victims:
    """Live services to spoil, in a given order; each user is handed out once.

    One fault a user keeps causes apart: what a row is set aside for is then the fault that was
    put there, not a neighbor's.
    """

    def __init__(self, services: list[Service]) -> None:
        self._services = services

    def take(self, count: int, accept: Callable[[Service], bool] | None = None) -> list[Service]:
        """Return up to ``count`` services (that ``accept`` likes), never one user's twice."""
        chosen: list[Service] = []
        users: set[str] = set()
        for service in self._services:
            if len(chosen) == count:
                break
            if service.user.id not in users and (accept is None or accept(service)):
                users.add(service.user.id)
                chosen.append(service)
        self._services = [s for s in self._services if s.user.id not in users]
        return chosen


def live_services(world: World) -> list[Service]:
    """Return every live deployment of an active user with its subscription."""
    users = {user.id: user for user in world.users}
    deployments = {deployment.id: deployment for deployment in world.deployments}
    services = []
    for subscription in world.subscriptions:
        if subscription.live and subscription.deployment_id and subscription.user_id:
            deployment = deployments[subscription.deployment_id]
            services.append(Service(users[subscription.user_id], deployment, subscription))
    return services
