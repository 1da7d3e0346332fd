"""Make the mutants, find out which of them misbehave, and ask `check` about each."""

from __future__ import annotations

import asyncio
import difflib
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from compound.errors import CompoundError
from compound.project import Project
from tests.mutation import files, guards, shape, wiring
from tests.mutation.operators import OPERATORS, Operator
from tests.mutation.oracle import Look, Seen, asked_of, differs, observe
from tests.mutation.projects import Subject, make_subjects, worlds_for
from tests.mutation.samples import World
from tests.mutation.tree import Draft, File

FAMILIES: Final = (wiring, shape, guards, files)
"""Importing them registers their operators."""
SEED: Final = 20261125
EACH: Final = 5
"""Mutants of one operator, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One mistake in one file.

    Attributes:
        what: What was changed, in words.
    """

    operator: Operator
    subject: Subject
    file: File
    what: str
    made: str | Draft

    @property
    def text(self) -> str:
        """The file's new text."""
        return str(self.made)

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.operator.name}: {self.file.project}/{self.file.path}: {self.what}"

    def diff(self) -> str:
        """The lines that differ."""
        old = self.file.text
        if isinstance(self.made, Draft):
            old = str(Draft(self.file.data))
        lines = difflib.unified_diff(old.splitlines(), self.text.splitlines(), n=0, lineterm="")
        return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What became of a mutant.

    Attributes:
        why: In what it misbehaves; empty when nobody outside can tell it from the graph that it was made of.
        codes: What `check` found.
    """

    mutant: Mutant
    why: str
    codes: tuple[str, ...]


@dataclass(slots=True)
class Bench:
    """Both projects, opened, with what their graphs do when nothing is wrong."""

    subjects: list[Subject]
    worlds: dict[str, list[World]] = field(default_factory=dict[str, "list[World]"])
    asked: dict[tuple[str, str, int], Any] = field(default_factory=dict[tuple[str, str, int], Any])
    before: dict[tuple[str, str, int], Seen] = field(default_factory=dict[tuple[str, str, int], Seen])

    @classmethod
    async def open(cls, folder: Path) -> Bench:
        """Make the projects below a folder, and run every graph in every world."""
        bench = cls(make_subjects(folder))
        for subject in bench.subjects:
            project = subject.open()
            try:
                bench.worlds[subject.name] = worlds_for(subject, project)
                look = Look(project)
                for name in project.graph_names():
                    spec = project.resources.parts.graph(name)
                    for world in bench.worlds[subject.name]:
                        key = (subject.name, name, world.number)
                        bench.asked[key] = asked_of(spec, world)
                        bench.before[key] = await observe(look, name, world, bench.asked[key])
            finally:
                project.close()
        return bench

    def mutants(self) -> list[Mutant]:
        """Every operator at places spread over the files; the same ones each time."""
        chosen: dict[tuple[str, str, str], Mutant] = {}
        for one in OPERATORS:
            picked = spread(list(self._all(one)), EACH, random.Random(f"{SEED} {one.name}"))
            for mutant in picked:
                chosen.setdefault((mutant.subject.name, mutant.file.path, mutant.text), mutant)
        return list(chosen.values())

    def sample(self) -> list[Mutant]:
        """Of those, the first of each operator, and for each graph file that none of them is in the first one there."""
        every = self.mutants()
        operators: dict[str, Mutant] = {}
        files: dict[tuple[str, str], Mutant] = {}
        for one in every:
            operators.setdefault(one.operator.name, one)
        chosen = list(operators.values())
        seen = {(one.subject.name, one.file.path) for one in chosen}
        for one in every:
            files.setdefault((one.subject.name, one.file.path), one)
        return [*chosen, *(one for place, one in files.items() if place not in seen)]

    def _all(self, one: Operator) -> Iterator[Mutant]:
        for subject in self.subjects:
            for file in subject.files.values():
                for what, made in one.make(file):
                    if made != (Draft(file.data) if isinstance(made, Draft) else file.text):
                        yield Mutant(operator=one, subject=subject, file=file, what=what, made=made)

    async def run(self, mutants: Sequence[Mutant]) -> list[Trial]:
        """Try each, one after the other."""
        return [await self._try(one) for one in mutants]

    async def _try(self, mutant: Mutant) -> Trial:
        subject, path = mutant.subject, mutant.file.path
        subject.write(path, mutant.text)
        project = subject.open()
        try:
            names = subject.graphs_around(path)
            codes = found_by_check(project, names)
            why = mutant.operator.misbehaves or await self._differs(project, subject, names)
            return Trial(mutant=mutant, why=why, codes=codes)
        finally:
            project.close()
            subject.write(path, mutant.file.text)

    async def _differs(self, project: Project, subject: Subject, names: Sequence[str]) -> str:
        look = Look(project)
        for name in names:
            for world in self.worlds[subject.name]:
                key = (subject.name, name, world.number)
                why = differs(self.before[key], await observe(look, name, world, self.asked[key]))
                if why:
                    return f"{name}: {why}"
        return ""


def found_by_check(project: Project, names: Sequence[str]) -> tuple[str, ...]:
    """The codes of everything that `compound check` says of these graphs."""
    try:
        return tuple(one.code for one in project.check(names))
    except CompoundError as error:
        return (error.code,)


def spread(mutants: Sequence[Mutant], count: int, chance: random.Random) -> list[Mutant]:
    """At most so many: one of each file in turn, in an order that chance gives."""
    rows: dict[str, list[Mutant]] = {}
    for one in mutants:
        rows.setdefault(f"{one.subject.name}/{one.file.path}", []).append(one)
    piles = list(rows.values())
    for pile in piles:
        chance.shuffle(pile)
    chance.shuffle(piles)
    picked: list[Mutant] = []
    while piles and len(picked) < count:
        picked += [pile.pop() for pile in piles][: count - len(picked)]
        piles = [pile for pile in piles if pile]
    return picked


def run_all(folder: Path, *, is_sample: bool = False) -> tuple[Bench, list[Trial]]:
    """Everything, once; or only the sample."""

    async def go() -> tuple[Bench, list[Trial]]:
        bench = await Bench.open(folder)
        return bench, await bench.run(bench.sample() if is_sample else bench.mutants())

    # A mutant of the same second and size would be taken for the file before it.
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        return asyncio.run(go())
    finally:
        sys.dont_write_bytecode = before
