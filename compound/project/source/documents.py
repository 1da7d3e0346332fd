"""Documents of an index: Markdown and text files, or results of a project's function."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from compound.errors import Location, ProjectError
from compound.project.settings.inside import refuse_outside
from compound.project.source.labelled import made_from_training

if TYPE_CHECKING:
    from compound.project.settings.settings import Settings
    from compound.project.source.modules import ProjectModules
    from compound.retrieval import Document

SUFFIXES: Final = (".md", ".markdown", ".txt")
"""Supported file extensions, case-insensitive."""
_HOME: Final = "{home}/"
_MAGIC: Final = re.compile(r"[*?\[]")
_MOST_NAMED: Final = 5


def documents_of(
    name: str, settings: Settings, modules: ProjectModules, skipped: list[str] | None = None
) -> Iterator[Document]:
    """The documents of an index, as declared in the profile.

    An entry is a file, a folder (recursive), a glob (`**` is any depth), or `module:function` (called with the
    profile's labelled past items). Wildcards do not match names that begin with a dot. A document's id is its path
    below the entry's part before the first wildcard, without extension; if two files would have the same id, their
    paths from the project's root.

    Args:
        name: Name of the index.
        settings: The project's settings.
        modules: The project's code.
        skipped: Receives the path and reason of each matched file that is not read.

    Raises:
        ProjectError: `project.no-documents`: an entry matches no supported file; `project.not-text`: files have an
            unknown encoding.
    """
    entries = settings.profile.documents.get(name, ())
    left: list[str] = [] if skipped is None else skipped
    files = _files(name, [entry for entry in entries if not is_function(entry)], settings, left)
    yield from _pages(files, settings, left)
    for entry in entries:
        if is_function(entry):
            make = cast("Callable[..., Iterable[Document]]", modules.function(entry))
            yield from made_from_training(make, entry, settings, untyped_is_none=True)


def is_function(entry: str) -> bool:
    """Whether an entry of `documents` names a function, not files."""
    module, colon, function = entry.partition(":")
    return bool(colon) and function.isidentifier() and all(part.isidentifier() for part in module.split("."))


def _files(name: str, entries: Sequence[str], settings: Settings, skipped: list[str]) -> dict[Path, str]:
    """Each file to read, with its id."""
    short: dict[Path, str] = {}
    for entry in entries:
        base, matched = _matched(entry, settings)
        read = [path for path in matched if path.suffix.lower() in SUFFIXES]
        others = [settings.shown(path) for path in matched if path.suffix.lower() not in SUFFIXES]
        skipped += [f"{path}: only {', '.join(SUFFIXES)} are read" for path in others]
        if not read:
            what = f"index {name!r}: {entry!r} matches no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file"
            more = f", only {_named(others)}" if others else ""
            fix = "correct the entry in the profile's documents" if base.is_dir() else settings.without_data
            raise ProjectError("project.no-documents", what + more, where=Location("pyproject.toml"), fix=fix)
        for path in read:
            refuse_outside(path, settings, declared=base)
            short.setdefault(path, path.relative_to(base).with_suffix("").as_posix())
    times = Counter(short.values())
    return {path: key if times[key] == 1 else settings.shown(path) for path, key in short.items()}


def _matched(entry: str, settings: Settings) -> tuple[Path, list[Path]]:
    """The base folder of ids, and every file that an entry matches, sorted."""
    base, rest = (settings.home, entry[len(_HOME) :]) if entry.startswith(_HOME) else (settings.root, entry)
    parts = Path(rest).parts
    literal = next((at for at, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    base = base.joinpath(*parts[:literal])
    if literal == len(parts):
        if base.is_file():
            return base.parent, [base]
        pattern = "**/*"
    else:
        # In pathlib a bare `**` matches folders only.
        pattern = "/".join([*parts[literal:], *(["*"] if parts[-1] == "**" else [])])
    found = {path for path in base.glob(pattern) if path.is_file()} if base.is_dir() else set[Path]()
    return base, sorted(path for path in found if not _is_hidden(path.relative_to(base)))


def _is_hidden(path: Path) -> bool:
    """Environments, caches and version control are in folders that begin with a dot."""
    return any(part.startswith(".") for part in path.parts)


def _pages(files: dict[Path, str], settings: Settings, skipped: list[str]) -> Iterator[Document]:
    from compound.project.source.document_text import Page, read_page
    from compound.retrieval import Document

    pages: dict[Path, Page] = {}
    broken: list[str] = []
    for path in files:
        try:
            pages[path] = read_page(path.read_bytes())
        except ValueError as error:
            broken.append(f"{settings.shown(path)} ({error})")
    if broken:
        what = f"{len(broken)} files are not in UTF-8 or UTF-16: {_named(broken)}"
        fix = "save them as UTF-8: iconv -f latin1 -t utf-8 FILE, with their current encoding"
        raise ProjectError("project.not-text", what, fix=fix)
    for path, page in pages.items():
        if not page.text.strip():
            skipped.append(f"{settings.shown(path)}: it contains no text")
        title = page.title or path.stem
        yield Document(id=files[path], text=page.text, title=title, source=settings.shown(path), meta=page.meta)


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return ", ".join(paths[:_MOST_NAMED]) + more
