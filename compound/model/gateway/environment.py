"""`${env:NAME}` in `connectors/models.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from compound.errors import Location, ProjectError
from compound.language.environment import Environment

FILE: Final = "connectors/models.yaml"


def environment_of(variables: Mapping[str, str]) -> Environment:
    """Fills in the file's variables; one that is missing is ``model.no-variable``."""
    return Environment(variables, _missing)


def _missing(key: str, found: str, name: str) -> ProjectError:
    what = f"{key} is {found}, and the environment has no {name}"
    fix = f"export {name}=..., or write ${{env:{name}:-}} where it may be empty"
    return ProjectError("model.no-variable", what, where=Location(FILE), fix=fix)
