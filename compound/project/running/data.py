"""`seed`, `index`, `train`: load data into the stores that graphs read."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from compound.errors import DataError, ProjectError, choices
from compound.project.source.documents import documents_of
from compound.project.source.targets import CONNECTORS
from compound.project.view.views import IndexView, SeededRecords, SeededTable, SeedReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import JsonValue

    from compound.connector.lakehouse.service.lakehouse import Lakehouse
    from compound.connector.records.records import Records
    from compound.project.open.resources import Resources


def seed(resources: Resources, *, force: bool) -> SeedReport:
    """Write the profile's sample data if it has any, and fill every record store from the lakehouse.

    Raises:
        ProjectError: `file.unknown-kind`: a file of `connectors/` has a kind that does not
            exist, or none.
    """
    settings = resources.settings
    profile = settings.profile
    _refuse_unknown(resources)
    if profile.generator and (force or not profile.lakehouse.is_dir()):
        write = cast("Callable[[Path], None]", resources.parts.modules.function(profile.generator))
        write(settings.home)
    loaded = [
        SeededRecords(
            name=name,
            where=store.name,
            loaded=fill_records(name, store, resources, force=force),
            rows=store.row_count(),
        )
        for name, store in resources.records.items()
    ]
    tables = {} if _begins_empty(resources) else resources.lakehouse.tables()
    return SeedReport(
        profile=profile.name,
        lakehouse=settings.shown(profile.lakehouse),
        tables=tuple(
            SeededTable(name=name, version=table.version, rows=table.rows) for name, table in sorted(tables.items())
        ),
        records=tuple(loaded),
    )


def store_rows(
    resources: Resources, name: str, table: str | None, *, limit: int
) -> dict[str, list[dict[str, JsonValue]]]:
    """Rows of one table of a record store, or of each, in the order of their keys.

    Raises:
        ProjectError: `project.unknown-store`.
        DataError: `records.unknown-table`.
    """
    stores = resources.target_files.records
    if name not in stores:
        fix = choices(list(stores), name) if stores else "declare one: connectors/NAME.yaml with compound: records/v1"
        raise ProjectError("project.unknown-store", f"no record store {name!r}", fix=fix)
    tables = [table] if table is not None else list(resources.target_files.read_records(name).tables)
    return {one: resources.records[name].table_rows(one, limit) for one in tables}


def _refuse_unknown(resources: Resources) -> None:
    """A file of `connectors/` whose kind does not exist, or that says none, would be left out without a word."""
    from compound.plugins import TARGETS
    from compound.spec.form.kinds import kind_of
    from compound.spec.yaml.reading import read_yaml_file

    own = resources.parts.own_plugins(TARGETS)
    for adapter, where in resources.plugged.target_files().values():
        TARGETS.find(adapter, own, where=where)
    for name in resources.target_files.without_kind:
        if name not in own:
            shown = f"{CONNECTORS}/{name}.yaml"
            kind_of(read_yaml_file(resources.settings.root / shown, shown), shown)


def fill_records(name: str, store: Records, resources: Resources, *, force: bool) -> bool:
    """Fill a record store from the lakehouse; False where it was filled before. Without one it begins empty."""
    declared = resources.target_files.read_records(name)
    if _begins_empty(resources):
        return store.seed({name: () for name in declared.tables}, force=force)
    return store.seed({name: table_rows(resources.lakehouse, name) for name in declared.tables}, force=force)


def _begins_empty(resources: Resources) -> bool:
    """There are no first rows: nothing writes the profile's own lakehouse, and it is not there."""
    profile = resources.settings.profile
    is_own = profile.lakehouse == resources.settings.home / "lakehouse"
    return is_own and profile.generator is None and not profile.lakehouse.is_dir()


def table_rows(lakehouse: Lakehouse, table: str) -> Sequence[dict[str, JsonValue]]:
    """All rows of a table at its pinned version."""
    found = lakehouse.whole_table(table)
    if found.truncated:
        raise DataError("lakehouse.too-large", f"table {table!r} does not fit into memory", fix="seed a smaller slice")
    return found.rows


def index(
    resources: Resources,
    names: Sequence[str],
    *,
    force: bool,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> list[IndexView]:
    """Synchronize indexes with their documents.

    Args:
        resources: Resources of the project.
        names: Indexes; default all.
        force: Whether to allow a sync that deletes much.
        on_progress: Called with the index and its done and total passages, after each batch.

    Raises:
        ProjectError: `project.unknown-index`.
    """
    from compound.retrieval.build import build_index

    known = resources.settings.profile.documents
    reports: list[IndexView] = []
    for name in names or list(known):
        if name not in known:
            raise ProjectError("project.unknown-index", f"no index {name!r}", fix=choices(list(known), name))
        skipped: list[str] = []
        report = build_index(
            name,
            documents_of(name, resources.settings, resources.parts.modules, skipped),
            resources.index_engine,
            embedder=resources.embedder_of(name),
            force=force,
            on_progress=None if on_progress is None else partial(on_progress, name),
        )
        manifest = report.manifest
        reports.append(
            IndexView(
                name=name,
                version=manifest.version,
                documents=manifest.documents,
                passages=manifest.passages,
                embedder=manifest.embedder,
                changed=report.added + report.changed + report.deleted,
                seconds=report.seconds,
                skipped=tuple(skipped),
            )
        )
    return reports
