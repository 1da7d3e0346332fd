"""The project's rules and documents in one module: what the generator may and may not promise."""

from __future__ import annotations

from tools.shop.documents import Action, Change, Json, PaymentMethod
from tools.shop.documents import Address as AddressDocument
from tools.shop.documents import Customer as CustomerDocument
from tools.shop.documents import Order as OrderDocument
from tools.shop.documents import Product as ProductDocument
from tools.shop.rules import ShopView, apply, copy_view, diff, require_owner, same_outcome

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
