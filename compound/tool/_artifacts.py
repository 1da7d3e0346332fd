"""Files that a tool makes: kept beside the run, and handed on by reference."""

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
    """A file of a run, as graphs hand it on: a reference, never the bytes.

    Attributes:
        artifact: SHA-256 of its bytes, hex.
        path: Below the folder of artefacts: `RUN/NAME-HASH.png`.
        media_type: `image/png`, `text/csv`.
        size_bytes: How large it is.
    """

    artifact: str
    path: str
    media_type: str
    size_bytes: int


Keeper = Callable[[bytes, str, str], "StoredFile"]
"""Takes bytes, a name and a media type."""
_keeper: Final[ContextVar[Keeper | None]] = ContextVar("compound_keeper", default=None)


def keep(data: bytes, *, name: str, media_type: str) -> Artifact:
    """Keep a file of the run that calls this tool.

    Args:
        data: Its bytes.
        name: What people call it, without ending.
        media_type: `image/png`, `text/csv`: it gives the ending.

    Raises:
        RunError: ``tool.no-run``: the tool was called outside of a graph's run.
        ConnectorError: ``artifact.not-kept``: it cannot be written.
    """
    keeper = _keeper.get()
    if keeper is None:
        raise RunError("tool.no-run", f"{name}: a file is kept for a run, and there is none", fix="call it in a graph")
    stored = keeper(data, name, media_type)
    return Artifact(artifact=stored.sha256, path=stored.path, media_type=media_type, size_bytes=stored.size_bytes)


@contextmanager
def keeping(keeper: Keeper) -> Generator[None]:
    """Let tools that are called inside keep files; also those in worker threads that are started inside."""
    token = _keeper.set(keeper)
    try:
        yield
    finally:
        _keeper.reset(token)
