"""The project's rules and documents, under one roof: what the generator may and may not promise."""
# ruff: noqa: TID252 - a project's rooms find each other by relative import; the package's name is the project's

from __future__ import annotations

from ...tools.documents import Action, Change, Json, PaymentMethod
from ...tools.documents import Address as AddressDocument
from ...tools.documents import Customer as CustomerDocument
from ...tools.documents import Order as OrderDocument
from ...tools.documents import Product as ProductDocument
from ...tools.rules import ShopView, apply, copy_view, diff, require_owner, same_outcome

__all__ = [
    "Action",
    "AddressDocument",
    "Change",
    "CustomerDocument",
    "Json",
    "OrderDocument",
    "PaymentMethod",
    "ProductDocument",
    "ShopView",
    "apply",
    "copy_view",
    "diff",
    "require_owner",
    "same_outcome",
]
