"""Opens the index engine from the project's settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from compound.connector.vector.types import IndexEngine
from compound.errors import ProjectError
from compound.plugins import VECTORS, Own, Setup

if TYPE_CHECKING:
    from pydantic import JsonValue

_SAME = {"lexical": "sqlite"}


def open_engine(
    kind: str, *, root: Path | None = None, url: str = "", api_key: str = "", own: Own | None = None
) -> IndexEngine:
    """Create the engine that builds and opens indexes.

    Args:
        kind: `edge` (in process, the default of projects), `sqlite` (also `lexical`: exact, no Rust engine),
            `qdrant` (a server), or an engine of a plug-in.
        root: Folder of the indexes; for `edge` and `sqlite`.
        url: URL of the server, for `qdrant`; `:memory:` is a test fixture.
        api_key: API key of the server; empty if it needs none.
        own: Engines of the project's own files.

    Raises:
        ProjectError: `vector.unknown-engine`: unknown kind. `vector.incomplete`: missing folder or URL.
    """
    options: dict[str, JsonValue] = {"url": url, "api_key": api_key}
    if root is not None:
        options["root"] = str(root)
    name = _SAME.get(kind, kind)
    setup = Setup(name=name, options=options, folder=root or Path())
    return cast("IndexEngine", VECTORS.make(name, setup, own))


def open_edge(setup: Setup) -> IndexEngine:
    """Qdrant's engine in this process."""
    from compound.connector.vector.edge import EdgeEngine

    return EdgeEngine(_root(setup))


def open_sqlite(setup: Setup) -> IndexEngine:
    """The exact engine, in SQLite files."""
    from compound.connector.vector.sqlite import SqliteEngine

    return SqliteEngine(_root(setup))


def open_qdrant(setup: Setup) -> IndexEngine:
    """A Qdrant server."""
    from compound.connector.vector.qdrant import QdrantEngine

    url = str(setup.options.get("url") or "")
    if not url:
        raise ProjectError("vector.incomplete", "engine 'qdrant' needs a url", fix="url: http://localhost:6333")
    return QdrantEngine(url, api_key=str(setup.options.get("api_key") or ""))


def _root(setup: Setup) -> Path:
    root = setup.options.get("root")
    if not isinstance(root, str):
        what = f"engine {setup.name!r} needs a folder"
        raise ProjectError("vector.incomplete", what, fix="set the folder of the indexes")
    return Path(root)
