"""A backup of a profile's state folder, also while programs run, and its restore into an empty folder."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final, cast

import orjson

from compound.errors import ConnectorError, DataError, ProjectError

if TYPE_CHECKING:
    from compound.project.settings.settings import Settings

MANIFEST: Final = "backup.json"
FORM: Final = "compound: backup/v1"
_SQLITE: Final = b"SQLite format 3\x00"
_BESIDE: Final = ("-wal", "-shm", "-journal")
"""Files beside a SQLite database that belong to its own copy."""
_FIRST: Final = "checkpoints.db"
_LAST: Final = "state.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup holds, or what a restore wrote.

    Attributes:
        file: The backup.
        home: The state folder.
        files: Number of files.
        size_bytes: Their size, before compression.
        elsewhere: Databases that are not in the folder, without passwords; their own tools back them up.
    """

    file: str
    home: str
    files: int
    size_bytes: int
    elsewhere: tuple[str, ...] = ()


def back_up(settings: Settings, file: Path) -> BackupReport:
    """Write the state folder of a profile to one compressed file.

    Programs may run meanwhile. Each database is copied as of one moment: checkpoints of runs first, the state store
    last, so that no checkpoint is ahead of the decisions and effects that the state store knows.

    Raises:
        DataError: `backup.exists`: the file exists.
        ConnectorError: `backup.failed`: it cannot be written.
    """
    home = settings.home
    if file.exists():
        raise DataError("backup.exists", f"{file} exists", fix="name a new file, or delete this one")
    if not (home / _LAST).is_file() and not settings.profile.state:
        raise DataError("backup.empty", f"{settings.shown(home)} holds no state", fix="run a graph first")
    begun = file.with_name(f"{file.name}.part")
    try:
        hashes = _write(home, begun, about={"profile": settings.profile.name, "project": settings.name})
        begun.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise ConnectorError("backup.failed", f"{file} cannot be written: {error}", fix="try again") from error
    finally:
        begun.unlink(missing_ok=True)
    sizes = [cast("int", one["bytes"]) for one in hashes.values()]
    return BackupReport(
        file=str(file), home=str(home), files=len(sizes), size_bytes=sum(sizes), elsewhere=_elsewhere(settings)
    )


def restore(settings: Settings, file: Path) -> BackupReport:
    """Write a backup into the state folder of a profile, which must be empty or missing.

    Raises:
        DataError: `backup.unreadable`: the file is not a backup, or it is damaged; nothing is written then.
            `backup.other-profile`: it is one of another profile.
        ProjectError: `backup.in-use`: the folder is not empty.
    """
    home = settings.home
    if home.is_dir() and any(home.iterdir()):
        what = f"{settings.shown(home)} is not empty: a restore would mix two states"
        raise ProjectError("backup.in-use", what, fix=f"move it away first: mv {settings.shown(home)} before-restore")
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".restore-") as folder:
        made = Path(folder) / "home"
        manifest = _read(file, made)
        if (found := manifest.get("profile")) != settings.profile.name:
            what = f"{file} is a backup of the profile {found!r}, not of {settings.profile.name!r}"
            raise DataError("backup.other-profile", what, fix=f"--profile {found}")
        mode = 0o770 if settings.group_access else 0o700
        made.chmod(mode)
        if home.is_dir():
            home.rmdir()
        made.rename(home)
    sizes = [cast("int", one["bytes"]) for one in _files(manifest).values()]
    return BackupReport(
        file=str(file), home=str(home), files=len(sizes), size_bytes=sum(sizes), elsewhere=_elsewhere(settings)
    )


def _elsewhere(settings: Settings) -> tuple[str, ...]:
    from sqlalchemy import make_url

    urls = [settings.profile.state, settings.profile.vectors, *settings.profile.records.values()]
    foreign = [url for url in urls if url and "://" in url and not url.startswith("sqlite")]
    return tuple(make_url(url).render_as_string(hide_password=True) for url in foreign)


def _write(home: Path, file: Path, *, about: Mapping[str, str]) -> dict[str, dict[str, str | int]]:
    file.parent.mkdir(parents=True, exist_ok=True)
    hashes: dict[str, dict[str, str | int]] = {}
    opened = os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    with opened, tarfile.open(fileobj=opened, mode="w:gz", compresslevel=5) as archive:
        for path in _in_order(home):
            name = path.relative_to(home).as_posix()
            with tempfile.TemporaryFile() as copy:
                if not _copy(path, copy):
                    continue  # it was removed meanwhile: files of finished work are
                hashes[name] = _add(archive, name, copy, path.stat().st_mode & 0o777 if path.exists() else 0o600)
        manifest = {"form": FORM, **about, "made_at": time.time(), "files": hashes}
        with io.BytesIO(orjson.dumps(manifest)) as copy:
            _add(archive, MANIFEST, copy, 0o600)
    return hashes


def _in_order(home: Path) -> Iterator[Path]:
    """Regular files of the folder: checkpoints first, the state store last."""
    found = [one for one in sorted(home.rglob("*")) if one.is_file() and not one.is_symlink()]
    own = [one for one in found if not one.name.endswith(_BESIDE)]
    place = {home / _FIRST: 0, home / _LAST: 2}
    yield from sorted(own, key=lambda one: place.get(one, 1))


def _copy(path: Path, to: IO[bytes]) -> bool:
    """Copy a file; a database as of one moment. False: it is gone."""
    try:
        with path.open("rb") as file:
            if file.read(len(_SQLITE)) != _SQLITE:
                file.seek(0)
                shutil.copyfileobj(file, to)
                return True
    except FileNotFoundError:
        return False
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "copy.db"
        with closing(sqlite3.connect(path, timeout=30)) as source, closing(sqlite3.connect(copied)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        with copied.open("rb") as file:
            shutil.copyfileobj(file, to)
    return True


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes], mode: int) -> dict[str, str | int]:
    size = content.seek(0, io.SEEK_END)
    content.seek(0)
    sha256 = hashlib.file_digest(cast("io.BufferedReader", content), "sha256").hexdigest()
    content.seek(0)
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, mode, int(time.time())
    archive.addfile(info, content)
    return {"sha256": sha256, "bytes": size}


def _read(file: Path, folder: Path) -> Mapping[str, object]:
    """Unpack a backup and compare every file with its hash; the manifest."""
    folder.mkdir()
    hashes: dict[str, str] = {}
    manifest: Mapping[str, object] = {}
    try:
        with tarfile.open(file, "r:gz") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() else None
                if content is None or not _is_inside(member.name):
                    raise _unreadable(file, f"it holds {member.name!r}, which no backup has")
                if member.name == MANIFEST:
                    manifest = cast("Mapping[str, object]", orjson.loads(content.read()))
                    continue
                hashes[member.name] = _unpack(content, folder / member.name, member.mode & 0o700)
    except (OSError, tarfile.TarError, EOFError, orjson.JSONDecodeError) as error:
        raise _unreadable(file, str(error)) from error
    if manifest.get("form") != FORM:
        raise _unreadable(file, f"it has no {MANIFEST}, or one of another version")
    if {name: one["sha256"] for name, one in _files(manifest).items()} != hashes:
        raise _unreadable(file, "files are missing or were changed")
    return manifest


def _unpack(content: IO[bytes], path: Path, mode: int) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as made:
        shutil.copyfileobj(content, made)
    path.chmod(mode or 0o600)
    with path.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


def _files(manifest: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    return cast("Mapping[str, Mapping[str, object]]", manifest.get("files", {}))


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _unreadable(file: Path, why: str) -> DataError:
    return DataError("backup.unreadable", f"{file} is not a whole backup: {why}", fix="use another backup")
