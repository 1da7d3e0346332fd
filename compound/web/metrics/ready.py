"""Whether the server can work: its stores are reachable and migrated, its worker lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from compound.errors import CompoundError

if TYPE_CHECKING:
    from compound.project import Project
    from compound.web.worker import Worker

Check = Callable[[], str]
"""Returns what is wrong; empty if nothing is."""


def problems(project: Project, worker: Worker) -> Mapping[str, str]:
    """Part to what is wrong with it; empty texts for parts that work.

    Args:
        project: The project that is served.
        worker: The worker of the server.
    """
    return {
        "state": _told(lambda: _state(project)),
        "lakehouse": _told(lambda: _lakehouse(project)),
        "worker": "" if worker.is_alive else "the worker has not looked for decided runs in the last minute",
    }


def _told(check: Check) -> str:
    try:
        return check()
    except CompoundError as error:
        return f"{error.what} [{error.code}]"
    except OSError as error:
        return str(error)


def _state(project: Project) -> str:
    from compound.connector.state.store import HEAD

    with project.resources.state.read() as db:
        found = db.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    return "" if found == HEAD else f"the state store has schema {found}, and this version needs {HEAD}"


def _lakehouse(project: Project) -> str:
    """A project whose profile has no lakehouse folder works without one; an existing one must open."""
    if project.settings.profile.lakehouse.exists():
        project.resources.lakehouse.pin()
    return ""
