"""Offline solvers: named functions that replace a language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.errors import PROJECT_PACKAGE, ProjectError, choices
from compound.spec.declared import note_declared

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Abstain:
    """The result of a solver that cannot answer; the item goes to a person.

    Attributes:
        reason: Why, for the reviewer.
    """

    reason: str


Solver = Callable[[Mapping[str, "JsonValue"]], "JsonValue | Abstain"]

_solvers: dict[str, dict[str, Solver]] = {}
"""Package of a project to its solvers by name; solvers outside of projects are under the empty package."""


def solver(name: str) -> Callable[[Solver], Solver]:
    """Register a function as the offline solver of a logical model.

    A solver is pure: the same `inputs` return the same answer. It reads `ModelRequest.inputs` and never the prompt. It
    is used only in its own project; `compound check` reports two solvers with the same name.

    Args:
        name: Name in `connectors/models.yaml`.

    Returns:
        A decorator that returns the function unchanged.
    """

    def register(function: Solver) -> Solver:
        note_declared("solver", name, function)
        _solvers.setdefault(_package_of(function), {})[name] = function
        return function

    return register


def _package_of(function: Solver) -> str:
    first, *parts = (getattr(function, "__module__", None) or "").split(".")
    return f"{first}.{parts[0]}" if first == PROJECT_PACKAGE and parts else ""


def solver_names(package: str = "") -> list[str]:
    """Names of the solvers that a project's loaded modules registered, sorted.

    Args:
        package: The private package of the project.
    """
    return sorted(_solvers.get(package, {}))


def find_solver(name: str, package: str = "") -> Solver:
    """Look up a registered solver.

    Args:
        name: Name in `connectors/models.yaml`.
        package: The private package of the project; its solvers override those outside of projects.

    Raises:
        ProjectError: `model.unknown-solver`: no `@solver(name)` is loaded.
    """
    known = {**_solvers.get("", {}), **_solvers.get(package, {})}
    try:
        return known[name]
    except KeyError:
        raise ProjectError(
            "model.unknown-solver",
            f"models.yaml names the solver {name!r}; {choices(list(known), name)}",
            fix=f"write @solver({name!r}) over a function in tools/, or use another one",
        ) from None
