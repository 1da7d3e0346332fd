"""Writes `langgraph.json` and its module, so that langgraph's server and Studio can run the graphs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from compound.errors import ProjectError

if TYPE_CHECKING:
    from compound.graph import Compiled
    from compound.project.work.project import Project

FILE: Final = "langgraph.json"
MODULE: Final = "langgraph_app.py"
_HEAD: Final = '''"""The graphs of this project for langgraph's server; written by `compound langgraph`."""

from pathlib import Path

from compound.project import compiled_graph

ROOT = Path(__file__).parent

'''


def compiled_graph(name: str, root: Path) -> Compiled:
    """A compiled graph of the project at `root`; the server stores its state."""
    from compound.project.work.project import Project

    return Project.open(root).compile(name, served=True)


def write_langgraph(project: Project, names: Sequence[str], *, force: bool = False) -> list[Path]:
    """Write `langgraph.json` and its module to the project; default: all graphs.

    Raises:
        ProjectError: ``project.unknown-graph``; ``project.file-exists``: a file exists with other content;
            ``graph.not-compiled``: langgraph cannot run a named graph; of all graphs it is left out.
    """
    from compound.graph.planning.interface import require_compilable
    from compound.graph.planning.planning import plan

    parts = project.resources.parts
    wanted = list(names) or project.graph_names()
    for name in list(wanted):
        try:
            require_compilable(plan(parts.graph(name), parts.graph))
        except ProjectError as error:
            if names or error.code != "graph.not-compiled":
                raise
            wanted.remove(name)
    module = _HEAD + "".join(f'{name} = compiled_graph("{name}", ROOT)\n' for name in wanted)
    about = {
        "dependencies": ["."],
        "graphs": {name: f"./{MODULE}:{name}" for name in wanted},
        "env": ".env",
    }
    texts = {MODULE: module, FILE: orjson.dumps(about, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()}
    root = project.settings.root
    for name, text in texts.items():
        there = root / name
        if there.is_file() and there.read_text(encoding="utf-8") != text and not force:
            what = f"{name} exists with other content"
            raise ProjectError("project.file-exists", what, fix="check it; --force overwrites it")
    for name, text in texts.items():
        (root / name).write_text(text, encoding="utf-8")
    return [root / name for name in texts]
