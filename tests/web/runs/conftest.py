"""One served town for the tests of a file, and a developer who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.project.conversations.helpline import batch, letter
from tests.web.conftest import Person, Site, aside, served
from tests.web.runs.town import town


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The town: three letters wait, and `ask` ran once."""
    place = town(tmp_path_factory.mktemp("town"))
    letters = [letter(f"L{number}", f"Question {number}?", subject=f"Water {number}") for number in (1, 2, 3)]
    aside(batch, place, *letters)
    said = aside(lambda: place.say("run", "ask", "question=Why?", "tone=short", "--json"))
    assert said.code == 0, said.err
    with served(place) as site:
        yield site


@pytest.fixture(scope="module")
def signed() -> dict[str, object]:
    """The cookies of the owner: a link signs in once."""
    return {}


@pytest.fixture
def ann(people: Callable[..., Person], site: Site, signed: dict[str, object]) -> Callable[..., Person]:
    """Opens a browser of the owner, signed in."""

    def person(**options: object) -> Person:
        if not signed:
            first = people()
            first.page.goto(site.link)
            first.page.get_by_role("button", name="Sign in").click()
            first.page.wait_for_url("**/reviews")
            signed["storage_state"] = first.context.storage_state()
        return people(**signed, **options)

    return person
