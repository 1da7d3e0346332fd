"""Specialists of a project: train, compare with production, promote, roll back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from compound.errors import ProjectError, choices
from compound.project.source.labelled import made_from_training
from compound.project.view.views import MetricView, TrainView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compound.project.open.resources import Resources
    from compound.specialist import Example, VersionRow


def train(resources: Resources, name: str, *, promote: bool = False) -> TrainView:
    """Train a specialist on its labelled texts; promote it unless production certifies more.

    Args:
        resources: The project's resources.
        name: A specialist of the project.
        promote: Whether to promote it whatever it certifies.

    Raises:
        ProjectError: `project.unknown-specialist`, `project.no-training`.
    """
    from compound.specialist.train import train as train_specialist

    settings = resources.settings
    _known(resources, name)
    reference = settings.specialists[name]
    make = cast("Callable[..., Iterable[Example]]", resources.parts.modules.function(reference))
    registry = resources.specialists
    examples = list(made_from_training(make, reference, settings))
    report = train_specialist(name, examples, registry.root, embedder=resources.embedder)
    current = registry.aliases(name).get("production")
    held = registry.certificate(name, current) if current else None
    is_less = held is not None and report.certified.is_less_than(held)
    why_not = f"production {current} certifies more: {held.sentence()}" if held is not None and is_less else ""
    if promote or not is_less:
        registry.promote(name, report.version)
        why_not = ""
    return TrainView(
        name=name,
        version=report.version,
        folder=settings.shown(report.folder),
        examples=report.examples,
        seconds=report.seconds,
        certificate=report.certificate,
        promoted=not why_not,
        why_not=why_not,
        figures=tuple(
            MetricView(name=f.name, value=f.value, low=f.low, high=f.high, n=f.n, method=f.method)
            for f in report.figures
        ),
    )


def versions(resources: Resources, name: str | None) -> list[VersionRow]:
    """The versions of a specialist, or of all, newest first."""
    names = list(resources.settings.specialists) if name is None else [_known(resources, name)]
    return [row for one in names for row in resources.specialists.rows(one)]


def promote(resources: Resources, name: str, version: str | None) -> str:
    """Promote a version to production, default: the newest; returns the version.

    Raises:
        ProjectError: `project.unknown-specialist`; `specialist.unknown`: the version does not exist.
        ConnectorError: `specialist.damaged`: it cannot be loaded.
    """
    registry = resources.specialists
    known = registry.versions(_known(resources, name))
    chosen = registry.find(name, version if version is not None else known[-1] if known else "")
    registry.resolve(f"{name}@{chosen}")  # check that the version can be loaded
    registry.promote(name, chosen)
    return chosen


def rollback(resources: Resources, name: str) -> str:
    """Restore the previous production version; returns it.

    Raises:
        ProjectError: `project.unknown-specialist`; `specialist.no-previous`.
    """
    return resources.specialists.rollback(_known(resources, name))


def _known(resources: Resources, name: str) -> str:
    known = list(resources.settings.specialists)
    if name not in known:
        raise ProjectError(
            "project.unknown-specialist", f"specialist {name!r} does not exist", fix=choices(known, name)
        )
    return name
