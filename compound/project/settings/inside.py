"""Links in a project's folders must lead to files of the project, or to allowed folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from compound.errors import Location, ProjectError
from compound.project.settings.settings import Settings
from compound.spec.inside import is_inside

_FOLDERS: Final = ("graphs", "tools", "connectors", "evals")


def refuse_links_out(settings: Settings) -> None:
    """Check every link in the folders whose files are read or run.

    Raises:
        ProjectError: ``project.outside``: a link leads out of the project.
    """
    allowed = (settings.root, *settings.profile.allow_folders)
    for link in _links(settings.root):
        if not is_inside(link, allowed):
            raise outside(settings.shown(link), link.resolve())


def refuse_outside(path: Path, settings: Settings, *, declared: Path | None = None) -> None:
    """Refuse a file that a link leads out of the project.

    Args:
        path: The file.
        settings: The project's.
        declared: An outside folder that a setting names explicitly.

    Raises:
        ProjectError: ``project.outside``.
    """
    allowed = [settings.root, settings.home, *settings.profile.allow_folders]
    if declared is not None and not Path(os.path.normpath(declared)).is_relative_to(settings.root):
        allowed.append(declared)
    if not is_inside(path, allowed):
        raise outside(settings.shown(path), path.resolve())


def outside(shown: str, real: Path) -> ProjectError:
    """The error of a link that leads out of the project."""
    what = f"{shown} is a link to {real}, outside of the project"
    fix = f'copy the file here, or allow its folder: allow_folders = ["{real.parent}"] in [tool.compound]'
    return ProjectError("project.outside", what, where=Location(shown), fix=fix)


def _links(root: Path) -> Iterator[Path]:
    yield from (path for path in root.glob("*.py") if path.is_symlink())
    for name in _FOLDERS:
        if (root / name).is_symlink():
            yield root / name
        for folder, folders, names in os.walk(root / name):
            folders[:] = [one for one in folders if one != "__pycache__"]
            yield from (path for one in (*folders, *names) if (path := Path(folder, one)).is_symlink())
