"""A served project and a real browser: Chromium, one for the session, a context of its own for each test."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pytest

from tests.project.conversations.helpline import answers, batch, helpline, letter, statuses
from tests.project.keys.table import Place
from tests.support.browsers import chromium
from tests.support.forked import COMPOUND, PipedProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

REFUSED = re.compile(r"status of (409|412|422)")
"""What the browser says of a form that the server refused, with the page that says why."""
LINK = re.compile(r"(http://\S+)/login\?link=(\S+)")


@dataclass
class Site:
    """A project while `compound serve` serves it.

    Attributes:
        place: The project.
        address: `http://127.0.0.1:PORT`.
        link: Signs the owner in, once.
        process: The server.
    """

    place: Place
    address: str
    link: str
    process: PipedProcess

    def letters(self, *letters: Mapping[str, object]) -> None:
        """Letters come in, and are drafted."""
        aside(batch, self.place, *letters)

    def answers(self) -> list[tuple[str | None, str]]:
        """What customers got: the letter and the answer."""
        return aside(answers, self.place)

    def statuses(self) -> dict[str, str]:
        """Letter to the status of its review."""
        return aside(statuses, self.place)


T = TypeVar("T")
P = ParamSpec("P")


def aside(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call in a thread of its own: Playwright keeps an event loop in the thread of the tests."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(do, *args, **kwargs).result()


@contextmanager
def served(place: Place, *, port: int = 0) -> Generator[Site]:
    """The project, served by the program itself."""
    process = PipedProcess([COMPOUND, "serve", "--port", str(port)], cwd=place.root)
    try:
        said = ""
        while not (found := LINK.search(said)):
            line = process.stderr.readline()
            assert line, f"the server ended: {said}"
            said += line
        yield Site(place, found.group(1), found.group(0), process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The helpline with three letters that wait."""
    place = helpline(tmp_path)
    letters = [letter(f"L{number}", f"Question {number}?", subject=f"Water {number}") for number in (1, 2, 3)]
    aside(batch, place, *letters)
    with served(place) as site:
        yield site


# Playwright keeps an event loop running in this thread until it is closed: tests of other files start their own.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The browser of a file's tests."""
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)  # a busy machine
    program = chromium()
    assert program is not None, "there is no Chromium: make browser"
    made = playwright.chromium.launch(executable_path=program)
    yield made
    made.close()


@dataclass
class Person:
    """Somebody at a browser of their own.

    Attributes:
        page: The tab.
        complaints: What the console and the content policy complained about.
    """

    page: Page
    context: BrowserContext
    site: Site
    complaints: list[str] = field(default_factory=list[str])

    def open(self, path: str) -> Page:
        """Go to a page of the site."""
        self.page.goto(f"{self.site.address}{path}")
        return self.page

    def review(self, title: str) -> Page:
        """Open a review from the list."""
        self.open("/reviews")
        self.page.get_by_role("link", name=title).click()
        self.page.wait_for_url("**/reviews/*")
        return self.page


@pytest.fixture
def people(browser: Browser, site: Site) -> Iterator[Callable[..., Person]]:
    """Makes people; each ends the test without a complaint of the browser."""
    made: list[Person] = []

    def person(**options: Any) -> Person:
        settings: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options}
        context = browser.new_context(**settings)
        page = context.new_page()
        one = Person(page, context, site)
        page.on(
            "console",
            lambda m: one.complaints.append(m.text) if m.type == "error" and not REFUSED.search(m.text) else None,
        )
        page.on("pageerror", lambda error: one.complaints.append(str(error)))
        made.append(one)
        return one

    yield person
    for one in made:
        one.context.close()
    assert [one.complaints for one in made if one.complaints] == []


def cookies_of(browser: Browser, site: Site) -> Any:
    """The cookies of the owner, for browsers to come: the link works once."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site.link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/reviews")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def ann(people: Callable[..., Person], site: Site) -> Person:
    """The owner, signed in with the link that the program printed."""
    person = people()
    person.page.goto(site.link)
    person.page.get_by_role("button", name="Sign in").click()
    person.page.wait_for_url("**/reviews")
    return person
