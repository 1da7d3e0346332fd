"""A served project with questions of which two fail; its owner is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.project.batches.watched import Watched
from tests.project.keys.table import Place
from tests.web.conftest import Person, Site, aside, cookies_of, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    desk = Watched(tmp_path)
    desk.questions("bug1", "two", "three", "bug4")
    return desk


@pytest.fixture
def site(watched: Watched) -> Iterator[Site]:
    with served(Place(watched.root)) as site:
        yield site


@pytest.fixture
def session(browser: Browser, site: Site) -> Any:
    """The cookies of the owner."""
    return cookies_of(browser, site)


@pytest.fixture
def owner(people: Callable[..., Person], session: Any) -> Callable[..., Person]:
    """Opens browsers of the owner."""

    def signed_in(**options: Any) -> Person:
        return people(storage_state=session, **options)

    return signed_in


def batch_of(watched: Watched, name: str = "q.csv", code: int = 3) -> str:
    """Run a file of questions; the id of the batch."""

    def run() -> str:
        watched.batch("ask", "--from", str(watched.root / name), code=code)
        found = [row for row in watched.batches("list") if row["source"] == name]
        return str(found[0]["job_id"])

    return aside(run)
