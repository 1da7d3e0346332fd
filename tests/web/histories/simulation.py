"""Owners of claims are the processes of a test, not those of the machine."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Final
from unittest.mock import patch

from tests.web.histories.processes import Process, owner_here

ALIVE: Final[dict[str, str]] = {}
"""Process to how often it was started."""


def _is_gone(owner: str | None) -> bool:
    """`is_gone` for processes of this test: only those of the own host can be seen."""
    if not owner:
        return True
    host, number, born = owner.split("|")
    here = owner_here().partition("|")[0]
    return host == here and ALIVE.get(f"{host}|{number}") != born


@contextmanager
def simulated() -> Generator[None]:
    """Owners of claims are the processes of the test."""
    started = Process.start

    def start(process: Process) -> None:
        started(process)
        ALIVE[process.name] = str(process.born)

    with patch.object(Process, "start", start):
        modules = [import_module(f"compound.{name}") for name in ("effect.delivery", "review.decision.resume")]
        with ExitStack() as patched:
            for module in modules:
                patched.enter_context(patch.object(module, "this_owner", owner_here))
                patched.enter_context(patch.object(module, "is_gone", _is_gone))
            yield
