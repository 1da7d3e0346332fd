"""What the phrases are about, under one roof."""
# ruff: noqa: TID252 - a project's rooms find each other by relative import

from __future__ import annotations

from .._catalogue import KEY_WORDS, VALUE_WORDS
from .._model import Address, Customer, Method, Order, Variant
from .._request import Wish

__all__ = ["KEY_WORDS", "VALUE_WORDS", "Address", "Customer", "Method", "Order", "Variant", "Wish"]
