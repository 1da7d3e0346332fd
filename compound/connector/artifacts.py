"""Artifacts: files that runs create for people, such as pictures and tables, content-addressed per run."""

from __future__ import annotations

import mimetypes
import os
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from uuid import uuid4

from compound.errors import ConnectorError
from compound.language.sha import sha

_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file of a run.

    Attributes:
        path: Path below the store's folder, with `/`: `RUN/NAME-HASH.png`.
        sha256: Hash of its bytes, hex.
        size_bytes: Size in bytes.
    """

    path: str
    sha256: str
    size_bytes: int


class ArtifactStore:
    """A folder of files, with one subfolder per run.

    Equal bytes under equal names are one file, so a node that runs again after a crash creates no duplicate.

    Args:
        folder: Root folder; created with the first file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, run_id: str, data: bytes, *, name: str, media_type: str) -> StoredFile:
        """Store a file; the write is atomic.

        Args:
            run_id: The run that created it.
            data: Its bytes.
            name: File name for people, without extension.
            media_type: Determines the extension: `image/png`, `text/csv`.

        Raises:
            ConnectorError: ``artifact.not-kept``: the file cannot be written.
        """
        sha256 = sha(data)
        run = _folder_of(run_id)
        word = _UNSAFE.sub("-", name).strip("-")[:60] or "file"
        ending = mimetypes.guess_extension(media_type) or ".bin"
        path = PurePosixPath(run, f"{word}-{sha256[:12]}{ending}")
        target = self.folder / path
        try:
            if not target.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                scratch = target.with_name(f".{uuid4().hex}")
                scratch.write_bytes(data)
                os.replace(scratch, target)
        except OSError as error:
            what = f"{target.name} of run {run_id} cannot be written: {error.strerror}"
            raise ConnectorError(
                "artifact.not-kept", what, fix=f"free space in {self.folder}, or check its permissions"
            ) from error
        return StoredFile(path=str(path), sha256=sha256, size_bytes=len(data))

    def remove(self, run_ids: Collection[str]) -> int:
        """Delete every file of these runs; returns the count."""
        removed = 0
        for run_id in run_ids:
            folder = self.folder / _folder_of(run_id)
            removed += sum(1 for path in folder.rglob("*") if path.is_file())
            shutil.rmtree(folder, ignore_errors=True)
        return removed


def _folder_of(run_id: str) -> str:
    return run_id if _SAFE.fullmatch(run_id) else sha(run_id, 32)
