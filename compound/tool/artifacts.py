"""Files created by tools: stored with the run and passed on by reference."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from typing_extensions import TypedDict

from compound.errors import RunError

if TYPE_CHECKING:
    from compound.connector.artifacts import StoredFile


class Artifact(TypedDict):
    """A reference to a file of a run, as passed on in graphs; never the bytes.

    Attributes:
        artifact: SHA-256 of its content, hex.
        path: Path below the artifact folder: `RUN/NAME-HASH.png`.
        media_type: `image/png`, `text/csv`.
        size_bytes: Size in bytes.
    """

    artifact: str
    path: str
    media_type: str
    size_bytes: int


Keeper = Callable[[bytes, str, str], "StoredFile"]
"""Stores bytes under a name and a media type."""
_keeper: Final[ContextVar[Keeper | None]] = ContextVar("compound_keeper", default=None)


def keep(data: bytes, *, name: str, media_type: str) -> Artifact:
    """Store a file with the run that calls this tool.

    Args:
        data: Content of the file.
        name: File name for people, without extension.
        media_type: Determines the extension: `image/png`, `text/csv`.

    Raises:
        RunError: ``tool.no-run``: the tool was called outside of a run.
        ConnectorError: ``artifact.not-kept``: the file cannot be written.
    """
    keeper = _keeper.get()
    if keeper is None:
        raise RunError("tool.no-run", f"{name}: files can be stored only inside a run", fix="call it in a graph")
    stored = keeper(data, name, media_type)
    return Artifact(artifact=stored.sha256, path=stored.path, media_type=media_type, size_bytes=stored.size_bytes)


@contextmanager
def keeping(keeper: Keeper) -> Generator[None]:
    """Let tools that are called in the block store files, also in worker threads started in it."""
    token = _keeper.set(keeper)
    try:
        yield
    finally:
        _keeper.reset(token)
