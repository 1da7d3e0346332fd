"""`${env:NAME}` in `connectors/models.yaml`: secrets and addresses from the environment."""

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
    """Resolve the variables in a text; `${env:NAME:-other}` sets a default.

    Args:
        text: Text from the file.
        environment: Environment variables.
        key: The key of the file, for the message.

    Raises:
        ProjectError: ``model.no-variable``: the variable is not set.
    """

    def value(found: re.Match[str]) -> str:
        name, otherwise = found.group(1), found.group(2)
        given = environment.get(name) or otherwise
        if given is None:
            what = f"{key} is {found.group(0)}, but environment variable {name} is not set"
            fix = f"export {name}=..., or write ${{env:{name}:-}} where it may be empty"
            raise ProjectError("model.no-variable", what, where=Location(FILE), fix=fix)
        return given

    return _VARIABLE.sub(value, text)


def filled_value(value: JsonValue, environment: Mapping[str, str], key: str) -> JsonValue:
    """Apply `filled` to every text in a nested value.

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
    """Apply `filled` to all options of a model.

    Raises:
        ProjectError: ``model.no-variable``.
    """
    return {name: filled_value(value, environment, f"{key}.{name}") for name, value in options.items()}
