"""`docs/reference/`: what can be read from the sources is not written by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compound.graph.drawing.svg import draw_svg
from compound.project.settings.keys import BATCH_KEYS, OIDC_KEYS, PROFILE_KEYS, PROJECT_KEYS, VARIABLES
from compound.spec import load_graph
from compound.spec.graph_file import GraphSpec
from compound.spec.lakehouse_file import LakehouseFile
from compound.spec.mailbox_file import MailboxFile
from compound.spec.mcp_file import McpFile
from compound.spec.models_file import ModelsFile
from compound.spec.nodes import NODE_MODELS
from compound.spec.sql_tool import SqlToolSpec
from compound.spec.suite_file import SuiteFile
from tests.docs.markdown import fenced, with_part
from tests.docs.models import nested, plain_table, summary, table
from tests.support.commands import command, program

if TYPE_CHECKING:
    from pydantic import BaseModel

REFERENCE = Path("docs/reference")
PICTURES = {
    Path("docs/support_reply.svg"): Path("graphs/support_reply.yaml"),
    Path("docs/answer.svg"): Path("compound/_templates/small/graphs/answer.yaml"),
}
"""Picture of the README to the graph that it shows."""
GRAPH_PAGES = Path("docs/graphs")
_WIDTH = "100"


def reference_pages(root: Path) -> dict[Path, str]:
    """Every reference page as it must be."""
    for model in (*NODE_MODELS.values(), _base(), GraphSpec):
        model.model_rebuild()  # words that are declared later in the file are looked up now
    parts: Mapping[str, Mapping[str, str]] = {
        "cli.md": {"commands": commands()},
        "graph-file.md": {"keys": table(GraphSpec), "common": _common(), "kinds": "\n\n".join(_kinds())},
        "settings.md": {
            "project": plain_table(("key", "meaning"), PROJECT_KEYS),
            "batch": plain_table(("key", "meaning"), BATCH_KEYS),
            "oidc": plain_table(("key", "meaning"), OIDC_KEYS),
            "profile": plain_table(("key", "meaning"), PROFILE_KEYS),
            "variables": plain_table(("variable", "meaning"), VARIABLES),
            "models": _whole(ModelsFile),
            "lakehouse": _whole(LakehouseFile),
            "mailbox": _whole(MailboxFile),
            "mcp": _whole(McpFile),
            "sql": _whole(SqlToolSpec),
            "suite": _whole(SuiteFile),
        },
    }
    pages: dict[Path, str] = {}
    for name, found in parts.items():
        text = (root / REFERENCE / name).read_text(encoding="utf-8")
        for part, made in found.items():
            text = with_part(text, part, made)
        pages[REFERENCE / name] = text
    for picture, graph in PICTURES.items():
        pages[picture] = draw_svg(load_graph((root / graph).read_bytes(), str(graph)))
    return {**pages, **dict(_pictures(root))}


def _pictures(root: Path) -> Iterator[tuple[Path, str]]:
    """A picture beside the page of each graph."""
    for page in sorted((root / GRAPH_PAGES).glob("*.md")):
        file = root / "graphs" / f"{page.stem}.yaml"
        picture = draw_svg(load_graph(file.read_bytes(), f"graphs/{file.name}"))
        yield GRAPH_PAGES / f"{page.stem}.svg", picture


def _whole(model: type[BaseModel]) -> str:
    """A file's keys, and below them those of each part."""
    lines = [table(model)]
    for part in nested(model):
        lines += [f"#### `{part.__name__}`", summary(part), table(part)]
    return "\n\n".join(lines)


def _base() -> type[BaseModel]:
    """What every node of a kind that works has."""
    return NODE_MODELS["tool"].__mro__[1]


def _common() -> str:
    kinds = list(NODE_MODELS.values())
    parts = [table(_base())]
    for part in nested(_base(), skip=kinds):
        parts += [f"#### `{part.__name__}`", summary(part), table(part)]
    return "\n\n".join(parts)


def _kinds() -> Iterator[str]:
    models = list(NODE_MODELS.values())
    common = [field.alias or name for name, field in _base().model_fields.items()]
    seen = [*models, *nested(_base(), skip=models)]
    for kind, model in NODE_MODELS.items():
        yield f"### {kind}"
        yield summary(model)
        yield table(model, without=[*common, "use"])
        for part in nested(model, skip=seen):
            seen.append(part)
            yield f"#### `{part.__name__}`"
            yield summary(part)
            yield table(part)


def commands() -> str:
    """The help of every command, as the program prints it."""
    parts: list[str] = []
    for path in _paths(program(), ()):
        parts += [f"## {' '.join(('compound', *path))}", fenced(help_of(path))]
    return "\n\n".join(parts)


def _paths(command: Any, path: Sequence[str]) -> Iterator[tuple[str, ...]]:
    inner: Mapping[str, Any] = getattr(command, "commands", {})
    if not path or not inner:
        yield tuple(path)
    for name in inner:
        yield from _paths(inner[name], (*path, name))


def help_of(path: Sequence[str]) -> str:
    """What `compound PATH --help` prints."""
    env = {"COLUMNS": _WIDTH, "NO_COLOR": "1", "TERM": "dumb"}
    done = command([*path, "--help"], env=env)
    if done.exit_code:
        raise AssertionError(f"compound {' '.join(path)} --help ends with {done.exit_code}: {done.output}")
    return done.output
