"""The sample's tables without tickets, written by `compound seed` of the analyst."""

from __future__ import annotations

from pathlib import Path

from compound.connector.lakehouse import write_table

from .shop.drawing import draw_customer, draw_order, draw_products
from .shop.model import Language, stream
from .shop.tables import COLUMNS, PARTITIONS, Rows, to_tables

_DUCKDB = {"string": "VARCHAR", "long": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN"}
_LANGUAGES: tuple[Language, ...] = ("en", "en", "en", "de", "es")
_CUSTOMERS = 450


def write_lakehouse(home: str | Path, *, seed: int = 7) -> None:
    """Draw a shop with customers and their orders, and write its tables to `home/lakehouse`."""
    shop = draw_products(seed)
    rng = stream(seed, "lakehouse")
    for _ in range(_CUSTOMERS):
        customer = draw_customer(shop, rng, rng.choice(_LANGUAGES))
        for _ in range(rng.randint(1, 3)):
            draw_order(shop, rng, customer)
    write_tables(to_tables(shop), Path(home) / "lakehouse")


def write_tables(tables: dict[str, Rows], folder: Path) -> None:
    """Write Delta tables; an existing table gets a new version."""
    for name, rows in tables.items():
        schema = {column: _DUCKDB[kind] for column, kind in COLUMNS[name].items()}
        write_table(folder, name, rows, mode="overwrite", partition_by=PARTITIONS.get(name, ()), schema=schema)
