"""The projects that are mutated: the support desk as it is, and a workshop whose graphs use every kind of node."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from compound.connector.lakehouse import write_table
from compound.project import Project
from compound.project.settings.settings import load_settings
from compound.project.work.scaffold import init_project
from tests.mutation.samples import World
from tests.mutation.tree import File

WORKSHOP: Final = Path(__file__).parent / "workshop"
BIKES: Final[list[dict[str, Any]]] = [{"bike_id": "b1", "customer_id": "ann", "model": "town", "bought": "2024-01-01"}]
REPAIRS: Final[list[dict[str, Any]]] = [
    {"repair_id": "r1", "bike_id": "b1", "customer_id": "ann", "status": "open", "price": 30.0}
]
ACTION: Final[dict[str, Any]] = {
    "name": "cancel_pending_order",
    "arguments": {"order_id": "#W1", "reason": "ordered by mistake"},
    "confidence": 1.0,
    "evidence": [],
}


@dataclass(slots=True, kw_only=True)
class Subject:
    """A project that mutations are made in, in a folder of its own.

    Attributes:
        given: Values of fields that schemas leave open.
        abstains: Its graphs hold where a model gives no usable answer.
        files: What may be mutated, by path.
    """

    name: str
    root: Path
    given: Mapping[str, Sequence[Any]]
    abstains: bool
    files: dict[str, File] = field(default_factory=dict[str, File])

    def open(self) -> Project:
        """The project as its files are now; its Python is read again."""
        settings = load_settings(self.root, environ={})
        lead = f".{settings.name}.graphs"
        for name in [name for name in sys.modules if lead in name]:
            del sys.modules[name]
        return Project(settings)

    def write(self, path: str, text: str) -> None:
        """Change a file."""
        (self.root / path).write_text(text, encoding="utf-8")

    def graphs_around(self, path: str) -> list[str]:
        """Graphs that a change of this file can touch, the innermost first."""
        stem = Path(path).stem
        if not _is_graph(path):
            name = re.escape(stem)
            found = [
                _stem(one)
                for one, file in self.files.items()
                if _is_graph(one) and re.search(rf"\b{name}\b", file.text)
            ]
        else:
            found = [stem]
        for inner in found:
            found += [
                _stem(one)
                for one, file in self.files.items()
                if f"graph: {inner}" in file.text and _stem(one) not in found
            ]
        return found


def _stem(path: str) -> str:
    return Path(path).stem


def _is_graph(path: str) -> bool:
    return path.count("/") == 1 and path.startswith("graphs/") and not path.endswith("types.py")


def make_subjects(folder: Path) -> list[Subject]:
    """Both projects, with their data, below a folder."""
    shutil.copytree(WORKSHOP, folder / "workshop", ignore=shutil.ignore_patterns("__pycache__"))
    write_table(folder / "workshop/lakehouse", "bikes", BIKES)
    write_table(folder / "workshop/lakehouse", "repairs", REPAIRS)
    init_project(folder / "support_desk", template="retail-desk")
    desk = Project(load_settings(folder / "support_desk", environ={}))
    desk.seed()
    desk.close()
    labels: Sequence[Any] = ["refund", "question", None]
    made = [
        Subject(
            name="workshop",
            root=folder / "workshop",
            given={"n": [5, 1], "label": labels, "add_up": [120.0, 30.0]},
            abstains=True,
        ),
        Subject(
            name="support_desk",
            root=folder / "support_desk",
            given={
                "actions": [[ACTION], []],
                "refusals": [[{"request": "all of it", "rule": "it is too late"}], []],
                "details": [{"versions": {"orders/#W1": 3}}, None],
            },
            abstains=False,
        ),
    ]
    for subject in made:
        _read(subject)
    return made


def _read(subject: Subject) -> None:
    texts: dict[str, str] = {}
    for pattern in ("graphs/*.yaml", "graphs/*.py", "graphs/policies/*.yaml", "graphs/prompts/*.md", "tools/*.sql"):
        for path in sorted(subject.root.glob(pattern)):
            texts[str(path.relative_to(subject.root))] = path.read_text(encoding="utf-8")
    for path, text in texts.items():
        subject.files[path] = File(project=subject.name, path=path, text=text, words=texts)


def worlds_for(subject: Subject, project: Project) -> list[World]:
    """The worlds in which a project's graphs are run."""
    from tests.mutation.oracle import worlds_of

    specs = [project.resources.parts.graph(name) for name in project.graph_names()]
    return worlds_of(specs, subject.given, abstains=subject.abstains)
