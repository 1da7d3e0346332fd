"""The shop: the operational database that effects act on, SQLite in one file or PostgreSQL by URL.

Its rows are read and changed as documents, as `connectors/shop.yaml` declares. It performs each group of
effects in one transaction and remembers the keys (delivery class A): the same group again changes nothing.
"""

from __future__ import annotations

from compound.connector.shop._changes import Change
from compound.connector.shop._documents import ShopDocuments
from compound.connector.shop._shop import Performer, Shop
from compound.connector.shop._transaction import ShopTransaction

__all__ = ["Change", "Performer", "Shop", "ShopDocuments", "ShopTransaction"]
