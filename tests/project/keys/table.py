"""The form of a row: a key of a declared file, and what a user can see of it in a real project.

A module `tests/project/keys/*_keys.py` holds `KEYS`, a tuple of rows. `seen` is given a `Desk`, writes a small project
with the key and one without it (or with another value), and asserts that they differ as a person, a customer or a bill
sees it: output, exit code, `review show`, rows, replies, cost, files, findings of `check`.

    def _top_k(desk: Desk) -> None:
        one, two = (desk.project({"graphs/main.yaml": GRAPH.replace("top_k: 1", f"top_k: {n}")}) for n in (1, 2))
        assert (len(one.run().output["found"]), len(two.run().output["found"])) == (1, 2)

    KEYS = (Key("graph", "nodes.retrieve.top_k", _top_k),)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from compound.errors import CompoundError
from compound.project import Project
from compound.project.settings.settings import load_settings
from tests.support.commands import command
from tests.support.copies import copy_folder
from tests.support.projects import write_project

if TYPE_CHECKING:
    from collections.abc import Generator

    from compound.language import Finding
    from compound.project import RunView


@dataclass(frozen=True, slots=True)
class Key:
    """A row.

    Attributes:
        file: Kind of file, as `compound.spec.form.kinds` names it, or `settings`.
        path: The key as `declared.py` names it: `policy`, `nodes.tool.in`, `effects.*.money.at_most`, `Retry.attempts`.
        seen: Asserts the difference that the key makes.
    """

    file: str
    path: str
    seen: Callable[[Desk], None]

    def __str__(self) -> str:
        return f"{self.file}:{self.path}"


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    """What it printed on standard output."""
    err: str
    """What it printed on standard error; an error as the program prints it."""

    @property
    def json(self) -> Any:
        """Its document, of a command with `--json`."""
        return json.loads(self.out)


class Place:
    """A project in a folder of its own, and what its owner does with it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str]) -> Place:
        """Write files, new ones or others in their place."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return self

    def edit(self, name: str, old: str, new: str) -> Place:
        """Change a file; `old` must stand in it."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return self

    @contextmanager
    def open(self, env: Mapping[str, str] | None = None, **chosen: Any) -> Generator[Project]:
        """The project, as a program opens it."""
        with closing(Project(load_settings(self.root, environ=dict(env or {}), **chosen))) as project:
            yield project

    def run(self, given: Mapping[str, Any] | None = None, graph: str | None = None, **more: Any) -> RunView:
        """Run a graph on an input."""
        with self.open() as project:
            return project.run(graph, dict(given or {}), **more)

    def findings(self) -> list[Finding]:
        """What `compound check` finds."""
        with self.open() as project:
            return project.check([])

    def codes(self) -> list[str]:
        """The codes of what `compound check` finds."""
        return [one.code for one in self.findings()]

    def replies(self) -> list[str]:
        """What customers were told, oldest first."""
        with self.open() as project:
            boxes = project.resources.mailboxes.values()
            return [one.text for box in boxes for one in box.replies() if one.kind == "reply"]

    def say(self, *words: str, env: Mapping[str, str] | None = None) -> Said:
        """`compound ...` as a person types it."""
        opened: list[Project] = []

        def remembered(root: Path | None = None, *, profile: str | None = None, model: str | None = None) -> Project:
            opened.append(Project(load_settings(root, profile=profile, model=model)))
            return opened[-1]

        given = {"COMPOUND_ROOT": str(self.root), "COMPOUND_USER": "nora", "COLUMNS": "200", **(env or {})}
        try:
            with patch.object(Project, "open", remembered):
                done = command(list(words), env=given)
        finally:
            for project in opened:  # the program itself ends, and its connections with it
                project.close()
        error = done.exception
        if isinstance(error, CompoundError):
            return Said(error.exit_code, done.stdout, f"{done.stderr}{error.code}: {error}\n")
        if error is not None and not isinstance(error, SystemExit):
            raise error
        return Said(done.exit_code, done.stdout, done.stderr)


class Desk:
    """Where a row writes its projects.

    Args:
        root: A folder of the row's own.
        shared: A folder of the session, for what takes long to make.
    """

    def __init__(self, root: Path, shared: Path) -> None:
        self.root = root
        self._shared = shared
        self._count = 0

    def project(self, files: Mapping[str, str]) -> Place:
        """A new project that holds these files; `pyproject.toml` and `connectors/models.yaml` are added."""
        return Place(write_project(self._folder(), files))

    def copy(self, name: str, build: Callable[[Place], None]) -> Place:
        """A copy of a project that is built once in a session: with indexes, specialists, tables."""
        model = self._shared / name
        if not model.exists():
            build(Place(model))
        folder = self._folder()
        copy_folder(model, folder)
        return Place(folder)

    def _folder(self) -> Path:
        self._count += 1
        folder = self.root / f"p{self._count}"
        folder.mkdir(parents=True)
        return folder
