"""Projects: find the root, load its folders, open the services of a profile. Only this package reads project files."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
