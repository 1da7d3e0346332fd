"""Versions of an index as immutable folders: built aside, published by renaming, opened as a linked copy."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import Final, cast
from uuid import uuid4

from compound.connector.vector.types import IndexManifest, StoreKind
from compound.errors import ConnectorError, choices

_KEEP: Final = 2
"""Number of kept versions: the current and the previous one, for rollback."""


class VersionFolder:
    """`<root>/<name>/<version>/` plus the pointer file `<root>/<name>/current`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self, name: str) -> str:
        """The published version; empty if there is none."""
        try:
            return (self.root / name / "current").read_text("utf-8").strip()
        except FileNotFoundError:
            return ""

    def locate(self, name: str, version: str, kind: StoreKind) -> tuple[Path, IndexManifest]:
        """Folder and manifest of a version; default: the current one.

        Raises:
            ConnectorError: `vector.no-index`, `vector.no-version`, `vector.other-engine`.
        """
        chosen = version or self.current(name)
        if not chosen:
            built = [p.name for p in self.root.glob("*") if (p / "current").is_file()]
            raise ConnectorError(
                "vector.no-index",
                f"index {name!r} does not exist in {self.root}; {choices(built, name)}",
                fix="compound index",
            )
        folder = self.root / name / chosen
        if not (folder / "manifest.json").is_file():
            raise ConnectorError(
                "vector.no-version",
                f"index {name!r} has no version {chosen!r}",
                fix="compound index rebuilds it",
            )
        manifest = read_manifest(folder)
        if manifest.kind != kind:
            raise ConnectorError(
                "vector.other-engine",
                f"index {name!r} was built by engine {manifest.kind!r}, but {kind!r} is configured",
                fix="compound index rebuilds it",
            )
        return folder, manifest

    @contextlib.contextmanager
    def building(self, manifest: IndexManifest) -> Generator[Path]:
        """A build folder; published if the block succeeds, else removed."""
        home = self.root / manifest.name
        home.mkdir(parents=True, exist_ok=True)
        with (home / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _clear(home, ".building-")
            work = home / f".building-{os.getpid()}-{uuid4().hex[:8]}"
            work.mkdir()
            try:
                yield work
                _publish(home, work, manifest)
            finally:
                shutil.rmtree(work, ignore_errors=True)
            _prune(home, manifest.version)

    def private_copy(self, folder: Path, *, copied: frozenset[str]) -> Path:
        """Hard-link a version's files into a private folder; files named in `copied` are copied."""
        home = folder.parent
        _clear(home, ".open-")
        target = home / f".open-{os.getpid()}-{uuid4().hex[:8]}"

        def place(source: str, destination: str) -> str:
            if Path(source).name in copied:
                return shutil.copy2(source, destination)
            try:
                os.link(source, destination)
            except OSError:
                return shutil.copy2(source, destination)
            return destination

        try:
            shutil.copytree(folder, target, copy_function=place)
        except OSError:
            shutil.rmtree(target, ignore_errors=True)
            raise
        return target


def read_manifest(folder: Path) -> IndexManifest:
    """Read a version's manifest."""
    data = cast("dict[str, object]", json.loads((folder / "manifest.json").read_text("utf-8")))
    data["filters"] = tuple(cast("list[str]", data.get("filters", [])))
    return IndexManifest(**data)  # pyright: ignore[reportArgumentType] # written by `_publish`


def manifest_json(manifest: IndexManifest) -> str:
    """The manifest as text."""
    return json.dumps(asdict(manifest), indent=1, ensure_ascii=False)


def _publish(home: Path, work: Path, manifest: IndexManifest) -> None:
    (work / "manifest.json").write_text(manifest_json(manifest), "utf-8")
    for path in work.rglob("*"):
        _sync(path)
    _sync(work)
    work.rename(home / manifest.version)
    _sync(home)
    pointer = home / f".current-{os.getpid()}"
    pointer.write_text(manifest.version, "utf-8")
    _sync(pointer)
    pointer.replace(home / "current")
    _sync(home)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _prune(home: Path, current: str) -> None:
    """Delete old versions; readers keep their own links."""
    versions = sorted(p.name for p in home.iterdir() if p.is_dir() and not p.name.startswith("."))
    for version in [v for v in versions if v < current][: -_KEEP + 1 or None]:
        shutil.rmtree(home / version, ignore_errors=True)


def _clear(home: Path, prefix: str) -> None:
    """Delete folders left by dead processes."""
    for path in home.glob(f"{prefix}*"):
        with contextlib.suppress(ValueError, IndexError):
            if not _is_alive(int(path.name[len(prefix) :].split("-")[0])):
                shutil.rmtree(path, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
