"""The register of mutation operators: each makes one kind of mistake at every place of a file where it can be made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from tests.mutation.tree import Change, File

Make: TypeAlias = "Callable[[File], Iterator[Change]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One kind of mistake.

    Attributes:
        name: What somebody did, in words.
        make: Every such mistake in a file.
        misbehaves: Why each of them is one although a run with samples cannot show it; empty: runs decide.
    """

    name: str
    make: Make
    misbehaves: str = ""


OPERATORS: Final[list[Operator]] = []


def operator(name: str, *, misbehaves: str = "") -> Callable[[Make], Make]:
    """Register an operator."""

    def register(make: Make) -> Make:
        OPERATORS.append(Operator(name=name, make=make, misbehaves=misbehaves))
        return make

    return register
