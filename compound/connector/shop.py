"""Deprecated names of `compound.connector.records`; import from there."""

from __future__ import annotations

from compound.connector.records import Documents as ShopDocuments
from compound.connector.records import Records as Shop
from compound.connector.records import RecordsTransaction as ShopTransaction

__all__ = ["Shop", "ShopDocuments", "ShopTransaction"]
