"""A served project with two stored runs of a suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.project.keys.table import Place
from tests.unit.project.evaluation.test_stored_runs import run_suite, suite_project
from tests.web.conftest import Person, Site, cookies_of, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = suite_project(tmp_path_factory.mktemp("suite"))
    run_suite(root)
    tools = root / "tools/sums.py"
    tools.write_text(tools.read_text().replace("n * 2 if n < LIMIT else n", "n * 2 if n > 1 else 7"))
    run_suite(root)
    with served(Place(root)) as site:
        yield site


@pytest.fixture(scope="module")
def session(browser: Browser, site: Site) -> Any:
    """The cookies of the owner."""
    return cookies_of(browser, site)


@pytest.fixture
def owner(people: Callable[..., Person], session: Any) -> Callable[..., Person]:
    """Opens browsers of the owner."""

    def signed_in(**options: Any) -> Person:
        return people(storage_state=session, **options)

    return signed_in
