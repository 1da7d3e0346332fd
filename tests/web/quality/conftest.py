"""One served desk of claims whose rule is certified; a random half of what is ready waits for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from compound.web.identity.people import People
from tests.project.keys.table import Place
from tests.support.certificates import grant
from tests.support.desks.claims_desk import GRAPH, POLICY, claim, claims_desk
from tests.web.conftest import Person, Site, aside, cookies_of, served

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

SHARE = "audit_share: 50%"


def certified(root: Path, **files: str) -> Place:
    """The desk with a certificate: at most 2 % wrong at 95 %."""
    policy = POLICY.replace("audit_share: 0%", SHARE)
    graph = GRAPH.replace("output: {", "item: {id: claim.number, title: claim.words}\noutput: {", 1)
    place = Place(claims_desk(root, {"graphs/main.yaml": graph, "graphs/policies/claims.yaml": policy, **files}))
    certify(place)
    return place


def certify(place: Place) -> str:
    """A certificate of what there is now."""
    with place.open() as project:
        return grant(project, "main", "look")


def claims(place: Place, *, until: int, auditor: str = "quinn", first: int = 1) -> dict[str, str]:
    """Run claims until this number of samples waits; the claims that wait for a person, with why."""
    waits: dict[str, str] = {}
    with place.open() as project:
        for number in range(first, first + 200):
            view = project.run("main", {"claim": claim(number)})
            for review_id in view.review_ids:
                shown = project.reviews().show(review_id)
                waits[review_id] = "; ".join(shown.reasons)
            if waits and project.quality().samples(auditor).count() >= until:
                return waits
    raise AssertionError("no samples")


def accounts(place: Place, **roles: tuple[str, ...]) -> None:
    """Open accounts with the password of `PASSWORD`."""
    with place.open() as project:
        people = People(project.resources.state, project.resources.clock)
        for name, given in roles.items():
            people.add(name, roles=given, password=PASSWORD)


PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    place = aside(certified, tmp_path_factory.mktemp("claims"))
    with served(place) as site:
        yield site


@pytest.fixture(scope="module")
def signed(browser: Browser, site: Site) -> Any:
    """The owner's cookies: the link works once."""
    return cookies_of(browser, site)


@pytest.fixture
def ann(people: Callable[..., Person], signed: Any) -> Person:
    """The owner, who has every right."""
    return people(storage_state=signed)
