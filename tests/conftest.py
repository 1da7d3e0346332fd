"""What tests of several folders share: profiles of hypothesis, a seeded home."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.desk_homes import Home

# How long a draw takes says how busy the machine is.
settings.register_profile("compound", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", settings.get_profile("compound"), max_examples=1_000)
settings.load_profile("compound")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several processes begin with what takes long."""
    if config.pluginmanager.hasplugin("xdist") and (hasattr(config, "workerinput") or config.getoption("numprocesses")):
        from tests.support.spreading import slow_first

        slow_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:
    """With `--dist loadfile` some files are spread test by test."""
    if config.getoption("dist") != "loadfile":
        return None
    from tests.support.spreading import Spread

    return Spread(config, log)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home that the program seeded, indexed and trained. Tests copy it; the session fails if one writes to it."""
    from tests.e2e.desk_homes import contents, shared_home

    # Processes of one session have neighbouring folders: the first that needs the home makes it for all.
    folder = tmp_path_factory.getbasetemp()
    home = shared_home(folder.parent / "seeded" if "PYTEST_XDIST_WORKER" in os.environ else folder / "seeded")
    before = contents(home)
    yield home
    after = contents(home)
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    assert not changed, f"a test wrote to the home that all tests share: {changed}; take the fixture `home` or `lean`"


@pytest.fixture
def home(seeded: Home, tmp_path: Path) -> Home:
    """A seeded home of the test's own."""
    return seeded.copy(tmp_path / "home")


@pytest.fixture
def lean(seeded: Home, tmp_path: Path) -> Home:
    """A seeded home of the test's own whose tables, indexes and models are shared: for tests that only read them."""
    return seeded.lean(tmp_path / "lean")
