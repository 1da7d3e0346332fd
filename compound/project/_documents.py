"""Documents of an index: Markdown and text files, or what a project's function yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from compound.errors import Location, ProjectError
from compound.project._inside import refuse_outside

if TYPE_CHECKING:
    from compound.project._modules import ProjectModules
    from compound.project._settings import Settings
    from compound.retrieval import Document

_TEXT = {".md", ".txt"}


def documents_of(name: str, settings: Settings, modules: ProjectModules) -> Iterator[Document]:
    """The documents of an index as the profile declares them.

    An entry is a file, a glob, or `module:function` (called with the profile's labelled past tickets).

    Raises:
        ProjectError: `project.no-documents`: an entry names nothing.
    """
    for entry in settings.profile.documents.get(name, ()):
        if _is_function(entry):
            make = cast("Callable[[Path | None], Iterable[Document]]", modules.function(entry))
            yield from make(settings.profile.training)
        else:
            yield from _files(entry, name, settings)


def _is_function(entry: str) -> bool:
    module, colon, function = entry.partition(":")
    return bool(colon) and function.isidentifier() and all(part.isidentifier() for part in module.split("."))


def _files(entry: str, name: str, settings: Settings) -> Iterator[Document]:
    from compound.retrieval import Document

    pattern = Path(entry.replace("{home}", str(settings.home)))
    base = pattern if pattern.is_absolute() else settings.root / pattern
    folder, glob = base.parent, base.name
    found = sorted(path for path in folder.glob(glob) if path.suffix in _TEXT)
    if not found:
        raise ProjectError(
            "project.no-documents",
            f"index {name!r}: {entry!r} matches no .md or .txt file",
            where=Location("pyproject.toml"),
            fix=settings.without_data if not folder.is_dir() else "mend the entry in the profile's documents",
        )
    for path in found:
        refuse_outside(path, settings, declared=folder)
        text = path.read_text(encoding="utf-8", errors="replace")
        yield Document(id=path.stem, text=text, title=_title(text, path.stem), source=settings.shown(path))


def _title(text: str, otherwise: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return first.lstrip("# ").strip() if first.startswith("#") else otherwise
