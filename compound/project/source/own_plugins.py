"""Adapters of a project: functions in `connectors/*.py` that are named after a kind of adapter."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, cast

from compound.errors import Location, ProjectError

if TYPE_CHECKING:
    from pathlib import Path

    from compound.plugins import Maker, Own, Registry
    from compound.project.source.modules import ProjectModules

_CONNECTORS = "connectors"


def own_plugins(modules: ProjectModules, registry: Registry) -> Own:
    """The project's adapters of a kind: `def target(setup)` in `connectors/crm.py` is the target `crm`.

    A file is imported when its adapter is used.
    """
    folder = modules.root / _CONNECTORS
    files = [path for path in sorted(folder.glob("*.py")) if declares(path, registry.kind)]
    return {path.stem: partial(_maker, modules, path.stem, registry.kind) for path in files}


def declares(path: Path, kind: str) -> bool:
    """Whether a file defines a top-level function or class with this name; the file is not run."""
    pattern = rf"^(def|class) {kind}\b|^{kind}\s*[:=]"
    return re.search(pattern, path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE) is not None


def _maker(modules: ProjectModules, stem: str, kind: str) -> Maker:
    made = getattr(modules.load(f"{_CONNECTORS}.{stem}"), kind, None)
    if not callable(made):
        what = f"`{kind}` is {type(made).__name__}, not a function"
        where = Location(f"{_CONNECTORS}/{stem}.py")
        raise ProjectError("plugin.broken", what, where=where, fix=f"def {kind}(setup): return ...")
    return cast("Maker", made)
