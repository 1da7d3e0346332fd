"""Calls the functions of the settings that read a profile's labelled past items."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

from compound.errors import Location, ProjectError

if TYPE_CHECKING:
    from compound.project.settings.settings import Settings

_BY_PLACE: Final = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
)


def made_from_training(
    make: Callable[..., Iterable[Any]], reference: str, settings: Settings, *, untyped_is_none: bool = False
) -> Iterable[Any]:
    """Call a function with the profile's `training`, if it takes it.

    Args:
        make: A function without arguments, or with one: the path. Its default, or None if its type allows it, stands
            for a profile without labelled items.
        reference: How the settings name it.
        settings: The project's settings.
        untyped_is_none: Whether an argument without a type may be None.

    Raises:
        ProjectError: `project.no-training`: it needs the path, and the profile has none.
    """
    takes = next((one for one in inspect.signature(make).parameters.values() if one.kind in _BY_PLACE), None)
    if takes is None:
        return make()
    path = settings.profile.training
    if path is not None and path.exists():
        return make(path)
    if takes.default is not takes.empty:
        return make()
    if path is None and _may_be_none(make, takes, untyped_is_none):
        return make(None)
    name = settings.profile.name
    if path is None:
        what = f"{reference} reads labelled items, and profile {name!r} has no `training`"
        fix = f'write training = "PATH" in [tool.compound.profiles.{name}], or let the function take no argument'
    else:
        what = f"{reference} reads labelled items from `training`, and {settings.shown(path)} does not exist"
        fix = settings.without_data
    raise ProjectError("project.no-training", what, where=Location("pyproject.toml"), fix=fix)


def _may_be_none(make: Callable[..., object], takes: inspect.Parameter, untyped: bool) -> bool:
    try:
        kind = typing.get_type_hints(make).get(takes.name)
    except (NameError, TypeError):  # a type that only type checkers import
        return "None" in str(takes.annotation) or "Optional" in str(takes.annotation)
    return untyped if kind is None else kind is NoneType or NoneType in typing.get_args(kind)
