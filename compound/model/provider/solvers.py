"""The project's offline solvers: named functions that answer in place of a language model."""

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
    """A solver's answer when it has none; the ticket goes to a person.

    Attributes:
        reason: Why, in words for the reviewer.
    """

    reason: str


Solver = Callable[[Mapping[str, "JsonValue"]], "JsonValue | Abstain"]

_solvers: dict[str, dict[str, Solver]] = {}
"""The package of a project to its solvers by name; those of no project stand under the empty package."""


def solver(name: str) -> Callable[[Solver], Solver]:
    """Register a function as the offline answer to a logical model.

    A solver is pure: the same `inputs` give the same answer. It answers from `ModelRequest.inputs` and
    never sees the prompt. It answers in its own project only; two solvers of one name in a project are an
    error that `compound check` finds.

    Args:
        name: What `connectors/models.yaml` calls it.

    Returns:
        A decorator that hands the function back unchanged.
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
        name: What `connectors/models.yaml` calls it.
        package: The private package of the project; its own solvers go before those of no project.

    Raises:
        ProjectError: `model.unknown-solver`: no `@solver(name)` was loaded.
    """
    known = {**_solvers.get("", {}), **_solvers.get(package, {})}
    try:
        return known[name]
    except KeyError:
        raise ProjectError(
            "model.unknown-solver",
            f"models.yaml names the solver {name!r}; {choices(list(known), name)}",
            fix=f"write @solver({name!r}) over a function in tools/, or name another one",
        ) from None
