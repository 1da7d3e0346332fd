"""Graphs written in Python: the same `GraphSpec` as from a YAML file.

The nodes are methods of the graph, not free functions: `compound.review` and `compound.tool` are packages, and a
graph that knows its own nodes needs no hidden current graph.
"""

from __future__ import annotations

from compound.spec.python.arguments import Compiles
from compound.spec.python.builder import Block, Spare
from compound.spec.python.values import Condition, Reference

__all__ = ["Block", "Compiles", "Condition", "Reference", "Spare"]
