"""Adapters that the project's files name but no plug-in provides: found before a run, at their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from compound.errors import CompoundError, Location, ProjectError
from compound.language import Finding
from compound.plugins import (
    EMBEDDERS,
    EXPORTERS,
    MAILBOXES,
    PROVIDERS,
    RERANKERS,
    RETRIEVERS,
    TARGETS,
    VECTORS,
    Registry,
)
from compound.project.settings.settings import in_settings

if TYPE_CHECKING:
    from compound.project.open.resources import Resources

MODELS: Final = "connectors/models.yaml"


def plugin_findings(resources: Resources) -> Iterator[Finding]:
    """Names of adapters in the settings, in `connectors/models.yaml` and in the files of targets."""
    profile, root = resources.settings.profile, resources.settings.root
    chosen = [(EMBEDDERS, profile.embedder.use)]
    chosen += [(RERANKERS, profile.reranker.use)] if profile.reranker else []
    chosen += [(RETRIEVERS, one.use) for one in profile.retrievers.values()]
    chosen += [(EXPORTERS, one.use) for one in profile.exporters]
    chosen += [(MAILBOXES, one.use) for one in profile.mail_services.values()]
    chosen += [] if ":" in profile.vectors else [(VECTORS, profile.vectors)]
    for registry, name in chosen:
        yield from _found(resources, registry, name, in_settings(root, name))
    for adapter, where in resources.plugged.target_files().values():
        yield from _found(resources, TARGETS, adapter, where)
    for name, where in _providers(resources).items():
        yield from _found(resources, PROVIDERS, name, where)


def _providers(resources: Resources) -> Mapping[str, Location]:
    """Every provider that the models file, the profile or the command line names, with its place."""
    from compound.spec.yaml.reading import read_yaml_file

    try:
        file = resources.models
    except CompoundError:  # reported elsewhere
        return {}
    path = resources.settings.root / MODELS
    if not path.is_file():
        return {}
    source = read_yaml_file(path, MODELS).source
    chosen = resources.settings.profile.model
    if chosen:
        named = [(chosen, in_settings(resources.settings.root, chosen))]
    else:
        named = [(file.provider, source.value(("provider",)))]
    for model, one in file.models.items():
        named += [(one.provider, source.value(("models", model, "provider")))] if one.provider else []
        named += [(name, source.key(("models", model, "providers", name))) for name in one.providers]
    return dict(reversed(named))


def _found(resources: Resources, registry: Registry, name: str, where: Location) -> Iterator[Finding]:
    try:
        registry.find(name, resources.parts.own_plugins(registry), where=where)
    except ProjectError as error:
        yield Finding(error.code, error.what, error.where or where, error.fix)
