"""The project's offline solvers: named functions that answer in place of a language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compound.errors import ProjectError, choices
from compound.spec._declared import note_declared

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

_solvers: dict[str, Solver] = {}


def solver(name: str) -> Callable[[Solver], Solver]:
    """Register a function as the offline answer to a logical model.

    A solver is pure: the same `inputs` give the same answer. It answers from `ModelRequest.inputs` and
    never sees the prompt. Two solvers of one name in a project are an error that `compound check` finds.

    Args:
        name: What `connectors/models.yaml` calls it.

    Returns:
        A decorator that hands the function back unchanged.
    """

    def register(function: Solver) -> Solver:
        note_declared("solver", name, function)
        _solvers[name] = function
        return function

    return register


def find_solver(name: str) -> Solver:
    """Look up a registered solver.

    Raises:
        ProjectError: `model.unknown-solver`: no `@solver(name)` was loaded.
    """
    try:
        return _solvers[name]
    except KeyError:
        raise ProjectError(
            "model.unknown-solver",
            f"models.yaml names the solver {name!r}; {choices(list(_solvers), name)}",
            fix=f"write @solver({name!r}) over a function in tools/, or name another one",
        ) from None
