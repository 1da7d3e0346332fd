"""`compound fmt` and `compound schema` over a project's files."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

from compound.errors import CompoundError, Location, ProjectError
from compound.project.settings.settings import find_root
from compound.spec.form.kinds import KINDS

FormatStatus = Literal["same", "changed", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatResult:
    """The result of formatting a file.

    Attributes:
        path: Path as a user would type it.
        status: `changed`: the canonical form differs. `refused`: the file is invalid and is not changed.
        diff: Unified diff to the canonical form; empty unless `changed`.
        error: Why it was refused.
    """

    path: str
    status: FormatStatus
    diff: str = ""
    error: CompoundError | None = None

    def to_json(self) -> dict[str, object]:
        """The result as a JSON object."""
        error = None if self.error is None else self.error.to_json()
        return {"path": self.path, "status": self.status, "diff": self.diff, "error": error}


def declared_files(root: Path) -> list[Path]:
    """Every file of a project that has a kind, sorted."""
    found = {path for kind in KINDS.values() for place in kind.places for path in root.glob(place)}
    return sorted(path for path in found if path.is_file())


def format_files(paths: Sequence[str], *, write: bool) -> list[FormatResult]:
    """Format files; default: all files of the project around the working folder.

    An invalid file is refused and not changed; the others are formatted.

    Raises:
        ProjectError: `project.no-root`: no file is given and no project is found.
    """
    if paths:
        files = [(Path(path), path) for path in paths]
    else:
        root = find_root()
        files = [(path, os.path.relpath(path)) for path in declared_files(root)]
    return [_format(path, shown, write=write) for path, shown in files]


def write_schemas(root: Path, names: Sequence[str] = ()) -> list[Path]:
    """Write the schemas of these kinds of files, or of all, to the folder that project files refer to."""
    from compound.spec.form.schemas import FOLDER, schema_text

    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name in names or KINDS:
        target = folder / f"{name}.json"
        target.write_text(schema_text(name), encoding="utf-8")
        written.append(target)
    return written


def _format(path: Path, shown: str, *, write: bool) -> FormatResult:
    from compound.spec.form.format import format_text

    try:
        content = _read(path, shown)
        text = format_text(content, shown)
    except CompoundError as error:
        return FormatResult(path=shown, status="refused", error=error)
    if text.encode() == content:
        return FormatResult(path=shown, status="same")
    if write:
        _replace(path, text)
    before = content.decode("utf-8-sig").splitlines(keepends=True)
    lines = difflib.unified_diff(before, text.splitlines(keepends=True), shown, f"{shown} (canonical)")
    return FormatResult(path=shown, status="changed", diff="".join(lines))


def _read(path: Path, shown: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise ProjectError("yaml.unreadable", what, where=Location(shown)) from error


def _replace(path: Path, text: str) -> None:
    """Replace a file atomically, keeping its mode."""
    target = path.resolve()
    scratch = target.with_name(f".{target.name}.{uuid4().hex[:8]}")
    try:
        scratch.write_bytes(text.encode())
        scratch.chmod(target.stat().st_mode & 0o7777)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)
