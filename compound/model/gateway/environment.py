"""`${env:NAME}` in `connectors/models.yaml`: secrets and addresses that the environment holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from compound.errors import Location, ProjectError

if TYPE_CHECKING:
    from pydantic import JsonValue

FILE: Final = "connectors/models.yaml"
_VARIABLE: Final = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def filled(text: str, environment: Mapping[str, str], key: str) -> str:
    """The text with its variables; `${env:NAME:-other}` says what stands where there is none.

    Args:
        text: As the file has it.
        environment: Where variables are read.
        key: The key of the file, for the message.

    Raises:
        ProjectError: ``model.no-variable``: the environment has no such variable.
    """

    def value(found: re.Match[str]) -> str:
        name, otherwise = found.group(1), found.group(2)
        given = environment.get(name) or otherwise
        if given is None:
            what = f"{key} is {found.group(0)}, and the environment has no {name}"
            fix = f"export {name}=..., or write ${{env:{name}:-}} where it may be empty"
            raise ProjectError("model.no-variable", what, where=Location(FILE), fix=fix)
        return given

    return _VARIABLE.sub(value, text)


def filled_value(value: JsonValue, environment: Mapping[str, str], key: str) -> JsonValue:
    """`filled` in every text of a value, however deep it stands.

    Raises:
        ProjectError: ``model.no-variable``.
    """
    if isinstance(value, str):
        return filled(value, environment, key)
    if isinstance(value, list):
        return [filled_value(item, environment, f"{key}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {name: filled_value(item, environment, f"{key}.{name}") for name, item in value.items()}
    return value


def filled_options(options: Mapping[str, JsonValue], environment: Mapping[str, str], key: str) -> dict[str, JsonValue]:
    """`filled` in all options of a model.

    Raises:
        ProjectError: ``model.no-variable``.
    """
    return {name: filled_value(value, environment, f"{key}.{name}") for name, value in options.items()}
