"""What the pages of one server share: its project, its people, its templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from anyio import CapacityLimiter

from compound.web.site.limits import Limits
from compound.web.site.pace import Pace

if TYPE_CHECKING:
    from fastapi import Request

    from compound.project import Project
    from compound.web.identity.oidc import OpenId
    from compound.web.identity.people import People, Person
    from compound.web.site.render import Pages
    from compound.web.worker import Worker


PASSWORDS_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A project that is served.

    Attributes:
        project: The project. Its reviews, runs and batches are called from worker threads.
        people: Who may sign in.
        pages: Renders templates.
        worker: Goes on with decided runs.
        oidc: The OpenID provider that people sign in at; None without one.
        limits: How many requests and streams one account or address may have.
        pace: How fast each person decides.
        hashing: How many passwords are checked at once: each takes 64 MiB and a tenth of a second of a processor, and
            without a limit a morning's sign-ins would take every thread from the pages.
    """

    project: Project
    people: People
    pages: Pages
    worker: Worker
    oidc: OpenId | None = None
    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=Pace)
    hashing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(PASSWORDS_AT_ONCE))
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


def place_of(request: Request) -> Place:
    """The place that answers a request."""
    return cast("Place", request.app.state.place)


def person_of(request: Request) -> Person:
    """Who is signed in; only behind a dependency that requires it."""
    return cast("Person", request.state.person)
