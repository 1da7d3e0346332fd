"""Compound: declared graphs of retrievers, SQL tools, specialists, models and people, traced and evaluated.

`import compound` is fast: langgraph, model SDKs and stores are imported on first use.
"""

from __future__ import annotations

from importlib import import_module

import lazy_loader

from compound.version import VERSION

__version__ = VERSION
_exported, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    """`tool` and `effect` are the rooms, which are called as their decorators; the other names come from the stub."""
    return import_module(f"{__name__}.{name}") if name in {"tool", "effect"} else _exported(name)
