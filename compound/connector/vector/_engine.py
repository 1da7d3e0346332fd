"""Which engine answers: the one door for the project's settings."""

from __future__ import annotations

from pathlib import Path

from compound.connector.vector._types import IndexEngine
from compound.errors import ProjectError, choices


def open_engine(kind: str, *, root: Path | None = None, url: str = "", api_key: str = "") -> IndexEngine:
    """Make the engine that builds and opens indexes.

    Args:
        kind: `edge` (in process, the default of projects), `sqlite` (also `lexical`: exact, no Rust engine)
            or `qdrant` (a server).
        root: Folder of the indexes; for `edge` and `sqlite`.
        url: Of the server, for `qdrant`; `:memory:` is a fixture for tests.
        api_key: Of the server; empty when it asks for none.

    Raises:
        ProjectError: `vector.unknown-engine`: no such kind. `vector.incomplete`: no folder or no URL.
    """
    if kind in {"edge", "sqlite", "lexical"}:
        if root is None:
            raise ProjectError("vector.incomplete", f"engine {kind!r} needs a folder", fix="say where the indexes lie")
        if kind == "edge":
            from compound.connector.vector._edge import EdgeEngine

            return EdgeEngine(root)
        from compound.connector.vector._sqlite import SqliteEngine

        return SqliteEngine(root)
    if kind == "qdrant":
        if not url:
            raise ProjectError("vector.incomplete", "engine 'qdrant' needs a url", fix="url: http://localhost:6333")
        from compound.connector.vector._qdrant import QdrantEngine

        return QdrantEngine(url, api_key=api_key)
    known = ["edge", "sqlite", "qdrant"]
    raise ProjectError("vector.unknown-engine", f"no engine {kind!r}; {choices(known, kind)}", fix="take one of them")
