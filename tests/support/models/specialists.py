"""Specialists of tests, trained from examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from compound.specialist.specialist import Specialist
from compound.specialist.train import train

if TYPE_CHECKING:
    from compound.retrieval import Embedder
    from compound.specialist import Example
    from compound.specialist.types import TrainingReport

__all__ = ["Specialist", "loaded", "trained"]


def trained(
    examples: Sequence[Example], folder: Path, *, embedder: Embedder | None = None, target_error: float = 0.02
) -> tuple[TrainingReport, Specialist]:
    """The specialist `intent`, trained into a folder, with the report of its training."""
    report = train("intent", examples, folder, embedder=embedder, target_error=target_error)
    return report, loaded(report.folder, embedder)


def loaded(folder: Path, embedder: Embedder | None = None) -> Specialist:
    """One version of a specialist, from its folder."""
    return Specialist.load(folder, embedder)
