"""Compound: declared graphs of retrievers, SQL tools, specialists, models and people, traced and evaluated.

`import compound` is fast: langgraph, model SDKs and stores are imported on first use.
"""

from __future__ import annotations

import lazy_loader

from compound.version import VERSION

__version__ = VERSION
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
