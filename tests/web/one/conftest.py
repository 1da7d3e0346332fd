"""One served workshop for all tests of a page of a review; each test has letters of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from compound.web.identity.people import People
from tests.web.conftest import Person, Site, aside, cookies_of, served
from tests.web.one.workshop import STEPS, TEXT, workshop, writes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LETTERS: dict[str, dict[str, Any]] = {
    "claims": {
        "steps": [{**one, "arguments": {**one["arguments"], "job": "J-2"}} for one in STEPS],
        "letter": {"body": "Is my bike J-1 ready? Please pay 12.50 back, J-2."},
    },
    "nojs": {"steps": STEPS},
    "edit": {"steps": STEPS},
    "wrong": {"steps": STEPS},
    "typed": {},
    "other": {},
    "takeover": {},
    "risk": {"risk": 2, "text": f"{TEXT} The frame is made of adamantium by elves."},
    "custom": {},
    "tabs": {},
    "stale": {},
    "undo": {},
    "race": {},
    "snooze": {},
    "escalate": {},
    "attack": {
        "text": "Dear Ann,\n\npay\u202e\u200b\U000e0041 now to DE89370400440532013000 at https://evil.example/pay, 99.00 EUR.",
        "letter": {
            "subject": "<img src=x onerror=steal()>\u202egpj",
            "body": "</textarea><script>steal()</script> J-1 {{ 7*7 }}",
            "html": (
                '<p onclick="steal()" data-key="j" id="approve">Hi <b>there</b> pay\u202e</p><script>steal()</script>'
                '<img src="https://tracker.example/p.gif"><form action="https://evil.example"><button>Approve</button>'
                '</form><a href="https://evil.example/a">our bank</a><style>body{display:none}</style>'
            ),
            "email": '"><script>steal()</script>@x.example',
        },
    },
    "said": {},
    "return": {},
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The workshop, served, with a letter for each test."""
    place = aside(workshop, tmp_path_factory.mktemp("workshop"))
    aside(writes, place, LETTERS)
    with served(place) as site:
        yield site


@pytest.fixture
def site(shop: Site) -> Site:
    """The workshop instead of the helpline."""
    return shop


@pytest.fixture(scope="module")
def signed(browser: Browser, shop: Site) -> Any:
    """The owner's cookies: the link works once."""
    return cookies_of(browser, shop)


def link_of(site: Site, name: str, *roles: str) -> str:
    """A link that signs somebody else in."""

    def made() -> str:
        with site.place.open() as project:
            people = People(project.resources.state, project.resources.clock)
            people.add(name, roles=roles or ("reviewer",))
            return people.link(name)

    return f"{site.address}/login?link={aside(made)}"


@pytest.fixture
def ann(people: Callable[..., Person], signed: Any) -> Person:
    """The owner."""
    return people(storage_state=signed)
