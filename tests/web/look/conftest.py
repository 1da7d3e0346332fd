"""One served shop with something for every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.conftest import Person, Site, aside, cookies_of, served
from tests.web.look.shop import Filled, fill, shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    return aside(lambda: fill(shop(tmp_path_factory.mktemp("shop"))))


@pytest.fixture(scope="module")
def site(filled: Filled) -> Iterator[Site]:
    with served(filled.place) as site:
        yield site


@pytest.fixture(scope="module")
def signed(browser: Browser, site: Site) -> Any:
    """The owner's cookies: the link works once."""
    return cookies_of(browser, site)


@pytest.fixture
def ann(people: Callable[..., Person], signed: Any) -> Person:
    """The owner."""
    return people(storage_state=signed)
