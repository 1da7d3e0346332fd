"""Compound: declared graphs of retrievers, SQL tools, specialists, models and people, traced and evaluated.

`import compound` is light: langgraph, model SDKs and stores are loaded when they are needed.
"""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__"]
