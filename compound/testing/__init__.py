"""Helpers for tests of projects, graphs and adapters. Compound itself does not import it.

- `project(...)` opens a copy of a project, or a project from files, with scripted models and a fake clock.
- `check_target(...)` and its siblings check an adapter against the contract of its port.
"""

from __future__ import annotations

from compound.testing.kit_models import check_provider
from compound.testing.kit_search import check_embedder, check_engine, check_retriever
from compound.testing.kit_state import check_state_store
from compound.testing.kit_target import check_target
from compound.testing.models import RecordedProvider
from compound.testing.projects import FakeClock, ProjectUnderTest, project

__all__ = [
    "FakeClock",
    "ProjectUnderTest",
    "RecordedProvider",
    "check_embedder",
    "check_engine",
    "check_provider",
    "check_retriever",
    "check_state_store",
    "check_target",
    "project",
]
