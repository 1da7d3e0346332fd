"""Graphs: check, plan, run, pause, resume, draw. The only package that imports langgraph, and only to pause."""

from __future__ import annotations

import os

import lazy_loader

# Checkpoints are loaded as plain data only; langgraph reads this once, at import.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
