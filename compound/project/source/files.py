"""Reads connection files of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from compound.errors import ProjectError

if TYPE_CHECKING:
    from pathlib import Path

    from compound.connector.lakehouse.service.lakehouse import Lakehouse
    from compound.connector.lakehouse.value.types import TableOptions
    from compound.project.settings.settings import Settings
    from compound.project.source.parts import ProjectParts
    from compound.spec.lakehouse_file import LakehouseTable
    from compound.spec.models_file import ModelsFile

M = TypeVar("M", bound=BaseModel)


def read_file(path: Path, model: type[M], shown: str) -> M:
    """Read a YAML file into its model.

    Raises:
        ProjectError: `project.no-file`; `yaml.*`. `project.bad-file`: all of its errors with their places.
    """
    from compound.spec.yaml.reading import read_yaml_file
    from compound.spec.yaml.validated import validated

    if not path.is_file():
        raise ProjectError("project.no-file", f"{shown} does not exist", fix="compound init copies one to start with")
    return validated(read_yaml_file(path, shown), model)


def models_file(path: Path) -> ModelsFile:
    """`connectors/models.yaml`."""
    from compound.spec.models_file import ModelsFile

    return read_file(path, ModelsFile, f"connectors/{path.name}")


def models_of_solvers(parts: ProjectParts) -> ModelsFile:
    """The models of a project without `connectors/models.yaml`: each solver is a model with its name.

    Raises:
        ProjectError: the project's Python cannot be loaded.
    """
    from compound.model.provider.solvers import solver_names
    from compound.spec.models_file import LogicalModel, ModelsFile

    _ = parts.functions  # the project's modules register their solvers
    names = solver_names(parts.modules.package)
    return ModelsFile(compound="models/v1", models={name: LogicalModel(solver=name) for name in names})


def open_lakehouse(settings: Settings) -> Lakehouse:
    """The profile's tables, with the options in `connectors/lakehouse.yaml`, if any.

    Raises:
        ConnectorError: `lakehouse.*`.
        ProjectError: `project.bad-file`; `yaml.*`.
    """
    from compound.connector.lakehouse.service.lakehouse import Lakehouse
    from compound.connector.lakehouse.value.types import Limits, Resources
    from compound.spec.lakehouse_file import LakehouseFile

    path = settings.root / "connectors" / "lakehouse.yaml"
    declared = read_file(path, LakehouseFile, f"connectors/{path.name}") if path.is_file() else None
    declared = declared or LakehouseFile(compound="lakehouse/v1")
    return Lakehouse.open(
        settings.profile.lakehouse,
        cache_dir=settings.home / "cache",
        tables={name: _options(table) for name, table in declared.tables.items()},
        limits=Limits(**declared.limits.model_dump()),
        allow_folders=settings.profile.allow_folders,
        resources=Resources(workers=declared.workers.count, worker_memory_mb=declared.workers.memory_mb),
    )


def _options(table: LakehouseTable) -> TableOptions:
    from compound.connector.lakehouse.value.types import CustomerKey, TableOptions

    key = table.customer_key
    if isinstance(key, str):
        owner = CustomerKey(column=key)
    else:
        owner = CustomerKey(column=key.column, through=key.through) if key else None
    return TableOptions(
        customer_key=owner,
        hide=table.hide,
        cluster_by=table.cluster_by,
        description=table.description,
        columns=table.columns,
    )
