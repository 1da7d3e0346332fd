"""Adapters chosen in the settings: a name, or a table of name and options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from compound.errors import Location, ProjectError

if TYPE_CHECKING:
    from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Chosen:
    """An adapter of `compound.plugins`, chosen in a profile.

    Attributes:
        use: Its name.
        options: Its options in the file; `${env:NAME}` is resolved when it is opened.
    """

    use: str
    options: Mapping[str, JsonValue] = field(default_factory=dict[str, "JsonValue"])


def chosen(value: object, key: str, marker: str) -> Chosen:
    """Parse `"name"` or `{ use = "name", option = ... }`.

    Raises:
        ProjectError: ``project.bad-setting``.
    """
    if isinstance(value, str) and value:
        return Chosen(value)
    if isinstance(value, dict):
        table = cast("dict[str, JsonValue]", value)
        use = table.get("use")
        if isinstance(use, str) and use:
            return Chosen(use, {name: one for name, one in table.items() if name != "use"})
    what = f"the setting `{key}` is {value!r}; it must be a name, or a table with `use` and its options"
    fix = f'{key} = "name", or {key} = {{ use = "name", option = 1 }}'
    raise ProjectError("project.bad-setting", what, where=Location(marker), fix=fix)


def chosen_by_index(value: object, key: str, marker: str) -> Mapping[str, Chosen]:
    """Parse a table of index name to adapter.

    Raises:
        ProjectError: ``project.bad-setting``.
    """
    if not isinstance(value, dict):
        what = f"the setting `{key}` is {value!r}; it must be a table of index names"
        raise ProjectError("project.bad-setting", what, where=Location(marker), fix=f'{key} = {{ handbook = "name" }}')
    return {name: chosen(one, f"{key}.{name}", marker) for name, one in cast("dict[str, object]", value).items()}


def chosen_list(value: object, key: str, marker: str) -> tuple[Chosen, ...]:
    """Parse a list of adapters.

    Raises:
        ProjectError: ``project.bad-setting``.
    """
    if not isinstance(value, list):
        what = f"the setting `{key}` is {value!r}; it must be a list"
        raise ProjectError("project.bad-setting", what, where=Location(marker), fix=f'{key} = ["opentelemetry"]')
    return tuple(chosen(one, key, marker) for one in cast("list[object]", value))
