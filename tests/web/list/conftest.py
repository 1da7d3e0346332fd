"""One served workshop for the tests of the list; drafts without risk are ready, others need a look."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compound.web.identity.people import People
from tests.project.keys.table import Place
from tests.web.conftest import Person, Site, aside, cookies_of, served
from tests.web.one.workshop import GRAPH, workshop, writes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TEXT = "Dear Ann,\n\nyour bike J-1 is ready.\n\nKind regards"
RULED = GRAPH.replace("    decide:\n", "    auto: {when: made.risk == 0}\n    decide:\n", 1)

POLICY = """\
compound: policy/v1
name: desk
effects:
  move_pickup: {automatic: true}
  refund: {automatic: true, money: {argument: amount, at_most: 100}}
  note_call: {automatic: true}
  answer: {automatic: true}
"""


def letters(*names: str, risk: int = 0) -> dict[str, dict[str, Any]]:
    """Letters that are answered with a text on which everything is known."""
    return {name: {"text": TEXT, "risk": risk} for name in names}


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workshop: seven ready drafts, two that need a look. Tests work on copies."""
    files = {"graphs/answer.yaml": RULED, "graphs/policies/desk.yaml": POLICY}
    place = aside(workshop, tmp_path_factory.mktemp("workshop"), files)
    ready = letters("red", "blue", "green", "pink", "grey", "gold", "white")
    aside(writes, place, {**ready, **letters("steep", risk=2), **letters("rough", risk=1)})
    return place.root


@pytest.fixture
def site(stocked: Path, tmp_path: Path) -> Iterator[Site]:
    """The workshop instead of the helpline, served, for one test."""
    with served(Place(shutil.copytree(stocked, tmp_path / "workshop"))) as site:
        yield site


@pytest.fixture
def signed(browser: Browser, site: Site) -> Any:
    """The owner's cookies: the link works once."""
    return cookies_of(browser, site)


@pytest.fixture
def ann(people: Callable[..., Person], signed: Any) -> Person:
    """The owner."""
    return people(storage_state=signed)


def ids(site: Site) -> dict[str, str]:
    """Letter to its review."""

    def read() -> dict[str, str]:
        with site.place.open() as project:
            return {one.item_id: one.review_id for one in project.reviews().list()}

    return aside(read)


def ben(site: Site, do: str, *names: str, **given: Any) -> None:
    """Somebody else calls `decide`, `claim` or `release`."""
    known = ids(site)

    def act() -> None:
        with site.place.open() as project:
            People(project.resources.state, project.resources.clock)
            for name in names:
                service = project.reviews()
                if do == "approve":
                    service.decide(known[name], "approve", user="ben", goes_on=False, **given)
                else:
                    getattr(service, do)(known[name], user="ben", **given)

    aside(act)


def titles(person: Person) -> Sequence[str]:
    """What the list shows, in order."""
    return person.page.locator(".rows strong").all_inner_texts()
