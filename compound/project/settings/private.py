"""Run-time files are private: the state folder is 0700 and every file in it 0600, independent of the umask.

The folder protects its files at once. Files that databases create with the umask get their mode when the project is
closed, when the process exits, and at the next opening after a crash.
"""

from __future__ import annotations

import atexit
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from compound.project.settings.settings import STATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compound.project.settings.settings import Settings

_OWNER: Final = (0o700, 0o600)
_GROUP: Final = (0o770, 0o660)
_at_exit: Final[set[Path]] = set()


def make_private(settings: Settings) -> None:
    """Create the profile's state folder and set the modes of its content, now and when the process exits.

    A folder that cannot be created or has another owner is not changed, so that read-only commands work.
    """
    folder, _ = _modes(settings)
    with suppress(OSError):
        settings.home.parent.mkdir(mode=folder, exist_ok=True)
        settings.home.mkdir(mode=folder, exist_ok=True)
        keep_from_git(settings.home.parent)
    protect(settings)
    if settings.home not in _at_exit:
        _at_exit.add(settings.home)
        atexit.register(protect, settings)


def keep_from_git(state: Path) -> None:
    """Make git ignore a project's state folder, independent of the project's `.gitignore`."""
    ignore = state / ".gitignore"
    if state.name == STATE_FOLDER and not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def protect(settings: Settings) -> None:
    """Set the modes of the profile's state folder and every file in it."""
    folder, file = _modes(settings)
    if not settings.home.is_dir():
        return
    if settings.home.parent.name == STATE_FOLDER:  # a folder set by COMPOUND_HOME keeps its mode
        _change(settings.home.parent, folder)
        _change(settings.home.parent / ".gitignore", file)
    _change(settings.home, folder)
    for entry in _below(settings.home):
        _keep(entry, folder if entry.is_dir(follow_symlinks=False) else file)


def _modes(settings: Settings) -> tuple[int, int]:
    return _GROUP if settings.group_access else _OWNER


def _below(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """All content of a folder; links are neither followed nor changed, folders that cannot be read are left out."""
    try:
        with os.scandir(folder) as found:
            entries = [one for one in found if not one.is_symlink()]
    except OSError:
        return
    for one in entries:
        yield one
        if one.is_dir(follow_symlinks=False):
            yield from _below(one.path)


def _keep(entry: os.DirEntry[str], mode: int) -> None:
    with suppress(OSError):
        if stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode) != mode:
            Path(entry.path).chmod(mode)


def _change(path: Path, mode: int) -> None:
    with suppress(OSError):
        if stat.S_IMODE(path.stat().st_mode) != mode:
            path.chmod(mode)
