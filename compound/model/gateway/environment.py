"""`${env:NAME}` in `connectors/models.yaml`: secrets and addresses from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from compound.errors import Location, ProjectError
from compound.language.environment import Environment

FILE: Final = "connectors/models.yaml"


def environment_of(variables: Mapping[str, str]) -> Environment:
    """Resolves the variables of the file; a missing one raises ``model.no-variable``."""
    return Environment(variables, _missing)


def _missing(key: str, found: str, name: str) -> ProjectError:
    what = f"{key} is {found}, but environment variable {name} is not set"
    fix = f"export {name}=..., or write ${{env:{name}:-}} where it may be empty"
    return ProjectError("model.no-variable", what, where=Location(FILE), fix=fix)
