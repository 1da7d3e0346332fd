"""`${env:NAME}` in declared files: secrets and addresses that the environment holds, filled in where they are used."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from compound.errors import ProjectError

if TYPE_CHECKING:
    from pydantic import JsonValue

_VARIABLE: Final = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


def no_secret(key: str, found: str, name: str) -> ProjectError:
    """The error of a setting whose variable is missing: the key, its text, the variable's name."""
    fix = f"export {name}=..., or write ${{env:{name}:-}} where it may be empty"
    return ProjectError("project.no-secret", f"{key} is {found}, and the environment has no {name}", fix=fix)


class Environment:
    """Fills in `${env:NAME}`, anywhere in a text; of `${env:NAME:-other}` what follows `:-` where there is none.

    Args:
        variables: Where variables are read; an empty one counts as missing.
        missing: Makes the error of a missing variable from the key of the file, its text and the variable's name.
    """

    def __init__(
        self, variables: Mapping[str, str], missing: Callable[[str, str, str], ProjectError] = no_secret
    ) -> None:
        self._variables = variables
        self._missing = missing

    def text(self, text: str, key: str) -> str:
        """The text with its variables.

        Raises:
            ProjectError: A variable is missing.
        """

        def value(found: re.Match[str]) -> str:
            given = self._variables.get(found[1]) or found[2]
            if given is None:
                raise self._missing(key, found[0], found[1])
            return given

        return _VARIABLE.sub(value, text)

    def value(self, value: JsonValue, key: str) -> JsonValue:
        """Resolve the variables in every text of a value, at any depth."""
        if isinstance(value, str):
            return self.text(value, key)
        if isinstance(value, list):
            return [self.value(item, f"{key}[{index}]") for index, item in enumerate(value)]
        return self.record(value, key) if isinstance(value, dict) else value

    def record(self, options: Mapping[str, JsonValue], key: str) -> dict[str, JsonValue]:
        """Resolve the variables in every option."""
        return {name: self.value(value, f"{key}.{name}" if key else name) for name, value in options.items()}
