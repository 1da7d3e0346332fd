"""Tools that connectors offer to graphs, beside the project's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import JsonValue

from compound.spec.marks import CALLER
from compound.tool import Function

if TYPE_CHECKING:
    from compound.project._open import Resources


def shop_documents(resources: Resources) -> Function[..., object]:
    """`shop_documents(customer_id)`: the customer's documents as the shop has them now, with row versions."""

    def shop_documents(customer_id: Annotated[str, CALLER]) -> dict[str, JsonValue]:
        """The documents of one customer as the operational database has them now, and their row versions."""
        return resources.shop.documents(customer_id).to_json()

    return Function(shop_documents)
