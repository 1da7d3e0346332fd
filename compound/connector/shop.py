"""Deprecated names of `compound.connector.records`; import from there."""

from __future__ import annotations

from compound.connector.records import Documents as ShopDocuments
from compound.connector.records import RecordsTransaction as ShopTransaction
from compound.connector.records.records import Records as Shop

__all__ = ["Shop", "ShopDocuments", "ShopTransaction"]
