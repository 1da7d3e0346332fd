"""Finds the place of a call in a Python file, and the variable that its value is assigned to."""

from __future__ import annotations

import dis
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

from compound.errors import Location
from compound.spec.yaml.reading import DataPath, SourceMap, Step

_HERE: Final = str(Path(__file__).parent)
_STORES: Final = frozenset({"STORE_NAME", "STORE_FAST", "STORE_GLOBAL", "STORE_DEREF"})
# Instructions that `with` and the interpreter's caches put between a call and the assignment of its value.
_PASSED: Final = frozenset({"BEFORE_WITH", "CACHE", "NOP", "EXTENDED_ARG", "RESUME"})


class PythonPlaces(SourceMap):
    """Places of a graph that was written in Python: the call that made each part."""

    def __init__(self, file: str, places: Mapping[DataPath, Location]) -> None:
        super().__init__(file)
        self._places = dict(places)

    def value(self, path: Sequence[Step]) -> Location:
        """The call that made the part at `path`, or the nearest part around it."""
        full = tuple(path)
        for size in range(len(full), -1, -1):
            if full[:size] in self._places:
                return self._places[full[:size]]
        return Location(self.file)

    def key(self, path: Sequence[Step]) -> Location:
        """As `value`: in Python a key and its value are in one call."""
        return self.value(path)


def caller() -> FrameType | None:
    """The frame of the code that called the builder."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - the only access to the caller
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return frame


def place() -> Location:
    """File and line of the code that called into the builder."""
    frame = caller()
    return Location("") if frame is None else Location(_shown(frame.f_code.co_filename), frame.f_lineno)


def variable() -> str | None:
    """The variable that the value of the present call is assigned to; None if there is none."""
    frame = caller()
    return None if frame is None else _stored(frame.f_code, frame.f_lasti)


@lru_cache(maxsize=4096)
def _stored(code: CodeType, at: int) -> str | None:
    # The offset may be in the caches behind the call, so take the first instruction after it.
    for instruction in dis.get_instructions(code):
        if instruction.offset <= at or instruction.opname in _PASSED:
            continue
        return str(instruction.argval) if instruction.opname in _STORES else None
    return None


def _shown(file: str) -> str:
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file
