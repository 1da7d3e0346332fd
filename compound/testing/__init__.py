"""For tests of projects and adapters. Nothing of Compound imports it.

- `project(...)` opens a copy of a project, or one made of files, with scripted models and a clock that the test moves.
- `check_target(...)` and its siblings hold an adapter against everything that its port promises.
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
