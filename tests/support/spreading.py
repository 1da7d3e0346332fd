"""How the tests spread over processes: a file each, the slow ones first, and each page of a tutorial for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

FIRST: Final = (
    "tests/e2e/test_batch_crashes.py",
    "tests/e2e/review/",
    "tests/e2e/",
    "tests/web/",
    "tests/docs/test_tutorials.py",
    "tests/mutation/",
    "tests/project/showcase/",
    "tests/project/desk/",
    "tests/project/mcp/",
    "tests/project/",
    "tests/docs/",
    "tests/fuzz/",
)
"""Files and folders that take long: what begins last should be short, so that no process waits for another one."""
ALONE: Final = (
    "tests/docs/test_tutorials.py",
    "tests/project/showcase/test_pages.py",
    "tests/project/desk/test_reading_is_linear.py",
)
"""Files whose tests share nothing that takes time to make."""


class Spread(LoadFileScheduling):
    """`--dist loadfile`, except that tests of some files go to any process."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return nodeid if file in ALONE else file


def slow_first(items: list[pytest.Item]) -> None:
    """Put tests of slow files first; the order is kept otherwise."""
    items.sort(key=lambda one: place(one.nodeid, FIRST))


def place(nodeid: str, first: Sequence[str]) -> int:
    """How early a test comes: the place of the first entry that it begins with."""
    return next((at for at, lead in enumerate(first) if nodeid.startswith(lead)), len(first))
