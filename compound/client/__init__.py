"""Clients of the API of `compound serve`: `ReviewClient` and `AsyncReviewClient`, with typed results."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
