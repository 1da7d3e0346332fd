"""Compound: declared graphs of retrievers, SQL tools, specialists, models and people, traced and evaluated.

`import compound` is light: langgraph, model SDKs and stores are loaded when they are needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from compound.version import VERSION

if TYPE_CHECKING:
    from compound.project import Project
    from compound.spec.python import Graph, first, is_in, length, maybe, to_python

__version__ = VERSION

_HOME: Final = {
    "Graph": "compound.spec.python",
    "Project": "compound.project",
    "first": "compound.spec.python",
    "is_in": "compound.spec.python",
    "length": "compound.spec.python",
    "maybe": "compound.spec.python",
    "to_python": "compound.spec.python",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


__all__ = ["Graph", "Project", "__version__", "first", "is_in", "length", "maybe", "to_python"]
