"""`compound serve`: the pages where people decide and see what runs, and the API for programs."""

from __future__ import annotations

from compound.web.app import create_app

__all__ = ["create_app"]
