"""The declarations that decorators of a project recorded, each with its place.

Of two functions with the same name in a module, Python keeps the second; only this record has both.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from compound.errors import PROJECT_PACKAGE, Location

Kind = Literal["tool", "check", "effect", "solver"]


@dataclass(frozen=True, slots=True)
class Declared:
    """One function of a project, as a decorator saw it.

    Attributes:
        kind: Kind of the decorator.
        name: The name in graphs or in `connectors/models.yaml`.
        module: Dotted name of the module it is defined in.
        where: File and line of the definition.
    """

    kind: Kind
    name: str
    module: str
    where: Location


_declared: dict[str, dict[Declared, None]] = {}
"""Module to its declarations, in order."""
_loaded: dict[str, int] = {}
"""Module to the identity of its globals: a new identity means that it was loaded again, maybe from another file."""


def note_declared(kind: Kind, name: str, function: Callable[..., object]) -> None:
    """Record the declaration of a function; functions outside of projects are ignored."""
    module = getattr(function, "__module__", None) or ""
    if module.startswith(f"{PROJECT_PACKAGE}."):
        names = id(getattr(inspect.unwrap(function), "__globals__", None))
        if _loaded.setdefault(module, names) != names:
            _loaded[module] = names
            _declared.pop(module, None)
        one = Declared(kind, name, module, place_of(function))
        _declared.setdefault(module, {})[one] = None


def declared_in(package: str) -> list[Declared]:
    """All declarations of the modules below a package, in the order they were loaded."""
    return [one for module, found in _declared.items() if _is_below(module, package) for one in found]


def _is_below(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def place_of(function: Callable[..., object]) -> Location:
    """The definition of a function: the path from the project's root, or the last two parts of any other path."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    module = getattr(function, "__module__", None) or ""
    if code is None:
        return Location(module)
    package, *parts = module.split(".")
    if package == PROJECT_PACKAGE and len(parts) > 1:
        return Location("/".join(parts[1:]) + ".py", code.co_firstlineno)
    return Location("/".join(Path(code.co_filename).parts[-2:]), code.co_firstlineno)
