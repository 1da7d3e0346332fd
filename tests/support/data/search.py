"""Engines of indexes and embedders, opened by name as a profile opens them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from compound import Setup
from compound.plugins import EMBEDDERS, VECTORS

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.connector.vector import IndexEngine
    from compound.retrieval import Embedder


def engine(kind: str, *, root: Path | None = None, url: str = "") -> IndexEngine:
    """An engine: `edge` and `sqlite` in a folder, `qdrant` at a URL."""
    options: dict[str, JsonValue] = {"url": url, "api_key": ""}
    if root is not None:
        options["root"] = str(root)
    return cast("IndexEngine", VECTORS.make(kind, Setup(name=kind, options=options, folder=root or Path())))


def embedder(name: str) -> Embedder:
    """An embedder: `minilm`, `none`, or `auto` for the best there is."""
    return cast("Embedder", EMBEDDERS.make(name, Setup(name=name)))
