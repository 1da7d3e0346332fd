"""Rooms that have the name of their decorator: `compound.tool` and `compound.effect` are modules that can be called.

So `from compound import tool`, `import compound.tool as t` and `from compound.tool import keep` mean the same `tool`,
in any order.
"""

from __future__ import annotations

import sys
from types import ModuleType


class CallableRoom(ModuleType):
    """A room that is called as the function in it that has the room's name."""

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call that function."""
        return getattr(self, self.__name__.rpartition(".")[2])(*args, **kwargs)


def make_callable(room: str) -> None:
    """Let a room be called; written at the end of its `__init__`."""
    sys.modules[room].__class__ = CallableRoom
