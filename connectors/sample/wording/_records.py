"""What the phrases are about, under one roof."""

from __future__ import annotations

from ..shop.catalogue import KEY_WORDS, VALUE_WORDS
from ..shop.model import Address, Customer, Method, Order, Variant
from ..shop.request import Wish

__all__ = ["KEY_WORDS", "VALUE_WORDS", "Address", "Customer", "Method", "Order", "Variant", "Wish"]
