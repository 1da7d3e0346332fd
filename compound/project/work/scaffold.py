"""`compound init`: creates a project from a template."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from compound.errors import ProjectError, choices
from compound.project.source.formats import write_schemas
from compound.version import PACKAGE

FOLDERS = ("graphs", "tools", "connectors", "evals")
"""Folders of the retail support desk, from which templates copy parts."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template of a project.

    Attributes:
        parts: Files and folders copied from the retail support desk, in addition to its own folder.
        next: Commands to try, after `cd`.
        is_indexed: Whether its documents are in the project, so that `init` builds its indexes.
    """

    parts: tuple[str, ...]
    next: tuple[str, ...]
    is_indexed: bool = False


SMALL: Final = "small"
_DRAWN = ("catalogue", "drawing", "model", "people", "rules", "tables")
"""Modules that generate the sample shop."""
TEMPLATES: Final = {
    SMALL: Template((), ("compound run", "compound review list"), is_indexed=True),
    "retail-desk": Template(
        FOLDERS, ("compound seed && compound index && compound train intent", "compound batch --limit 20")
    ),
    "analyst": Template(
        (
            "graphs/lakehouse_analyst.yaml",
            "graphs/prompts/analyst_sql.md",
            "graphs/prompts/analyst_words.md",
            "tools/analyst",
            "tools/ask_lakehouse.sql",
            "tools/shop/documents.py",
            "tools/shop/rules.py",
            "connectors/lakehouse.yaml",
            "connectors/sample/lakehouse.py",
            *(f"connectors/sample/shop/{name}.py" for name in _DRAWN),
        ),
        ("compound seed", "compound run"),
    ),
}
"""Name to template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaffold:
    """The result of `init_project`.

    Attributes:
        folder: Folder of the project.
        name: Name of the project.
        template: Name of the template.
        files: Number of files, without state in `.compound/`.
        next: Commands to run next.
    """

    folder: Path
    name: str
    template: str
    files: int
    next: tuple[str, ...]


def init_project(folder: Path, *, name: str | None = None, template: str = SMALL) -> Scaffold:
    """Copy a template to `folder`, write the schemas for editors, and index its documents.

    Args:
        folder: A new or empty folder.
        name: Name of the project; default: the folder's name.
        template: `small`, `retail-desk` or `analyst`.

    Raises:
        ProjectError: `project.unknown-template`. `project.not-empty`: the folder is not empty. `project.no-template`:
            the installation is damaged. Nothing was written.
    """
    chosen = TEMPLATES.get(template)
    if chosen is None:
        what = f"template {template!r} does not exist"
        raise ProjectError("project.unknown-template", what, fix=choices(list(TEMPLATES), template))
    target = folder.resolve()
    if target.exists() and any(target.iterdir()):
        raise ProjectError(
            "project.not-empty",
            f"{folder} is not empty",
            fix="use a new or empty folder",
        )
    sources = list(_sources(template, chosen))
    target.mkdir(parents=True, exist_ok=True)
    for source, at in sources:
        _copy(source, target / at, at)
    if name:
        _set_name(target / "pyproject.toml", name)
    write_schemas(target)
    if chosen.is_indexed:
        _index(target)
    return Scaffold(
        folder=target,
        name=_label(name or target.name),
        template=template,
        files=sum(path.is_file() for path in target.rglob("*") if ".compound" not in path.relative_to(target).parts),
        next=(f"cd {folder}", *chosen.next),
    )


def _sources(name: str, template: Template) -> Iterator[tuple[Path, Path]]:
    """Every file to copy, with its path in the new project."""
    own = PACKAGE / "_templates" / name.replace("-", "_")
    if not own.is_dir():
        raise _damaged()
    for base, parts in ((_desk() if template.parts else own, template.parts), (own, (".",))):
        for part in parts:
            start = base / part
            for path in sorted(start.rglob("*")) if start.is_dir() else [start]:
                if path.is_file() and path.suffix != ".pyc":
                    yield path, path.relative_to(base)


def _desk() -> Path:
    """The folder of the retail support desk: in the installed package, or the root of a source checkout."""
    for place in (PACKAGE / "_template", PACKAGE.parent):
        if all((place / part).is_dir() for part in FOLDERS):
            return place
    raise _damaged()


def _damaged() -> ProjectError:
    return ProjectError("project.no-template", "the project template is missing", fix="reinstall compound")


_OTHER_GATES = re.compile(r"^  tau:\n(?:    .*\n)+", re.MULTILINE)
"""Gates of a profile that the template's pyproject.toml does not have."""
_ABSOLUTE = re.compile(rf"^from (?=(?:{'|'.join(FOLDERS)})[. ])", re.MULTILINE)
"""In the checkout these are top-level packages; in a project they are modules of a private package."""


def _copy(source: Path, target: Path, at: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".py":
        text = source.read_text(encoding="utf-8")
        target.write_text(_ABSOLUTE.sub(f"from {'.' * len(at.parts)}", text), encoding="utf-8")
    elif source.name == "suite.yaml":
        target.write_text(_OTHER_GATES.sub("", source.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        shutil.copyfile(source, target)


def _label(name: str) -> str:
    return re.sub(r"[^0-9A-Za-z_]+", "_", name).strip("_") or "project"


def _set_name(marker: Path, name: str) -> None:
    head = "[tool.compound]\n"
    text = re.sub(r"^name = .*\n", "", marker.read_text(encoding="utf-8"), flags=re.MULTILINE)
    marker.write_text(text.replace(head, f'{head}name = "{_label(name)}"\n', 1), encoding="utf-8")


def _index(root: Path) -> None:
    from compound.project.open.resources import Resources
    from compound.project.running.data import index
    from compound.project.settings.settings import load_settings

    resources = Resources(load_settings(root, environ={}))
    try:
        index(resources, [], force=False)
    finally:
        resources.close()
