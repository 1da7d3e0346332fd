"""`connectors/lakehouse.yaml`: access rules and descriptions of the lakehouse's tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeyThrough(_Part):
    """The rows belong to a customer through another table: `{column: order_id, through: orders}`.

    Attributes:
        column: The column that both tables have.
        through: The table that leads to the customer.
    """

    column: Name
    through: Name


class LakehouseTable(_Part):
    """One table.

    Attributes:
        customer_key: The column with the customer's key, or the table that leads to it. A SQL tool that reads the
            table must then restrict it by a `from: caller.*` parameter.
        hide: Columns that no tool may read; they are never copied.
        cluster_by: Columns that the local copy is sorted by.
        description: What a row is, for people and for models that write SQL.
        columns: Column to its meaning, if the name is not enough.
    """

    customer_key: Name | KeyThrough | None = None
    hide: tuple[Name, ...] = ()
    cluster_by: tuple[Name, ...] = ()
    description: str = ""
    columns: dict[Name, str] = {}


class LakehouseLimits(_Part):
    """Limits on every SQL tool of the project; a tool's own `limits` apply if they are tighter.

    Attributes:
        rows: Maximum number of rows.
        cell_chars: Maximum number of characters in a cell.
        bytes: Maximum size of the whole result as JSON.
        ms: Maximum time of a query, in milliseconds.
    """

    rows: int = Field(default=100_000, ge=1, le=100_000)
    cell_chars: int = Field(default=1_000_000, ge=1, le=1_000_000)
    bytes: int = Field(default=50_000_000, ge=100, le=50_000_000)
    ms: int = Field(default=60_000, ge=1, le=60_000)


class LakehouseWorkers(_Part):
    """Processes that run SQL written by a model (tools of `kind: ask`).

    Attributes:
        count: Concurrent queries of models; more queries wait.
        memory_mb: Memory of each process in MiB, above what an idle one needs. A query that needs more fails.
    """

    count: int = Field(default=2, ge=1, le=64)
    memory_mb: int = Field(default=512, ge=64, le=65_536)


class LakehouseFile(_Part):
    """The whole file.

    Attributes:
        compound: Format of the file.
        tables: Table to its rules; an unlisted table has no customer and hides nothing.
        limits: Limits on every SQL tool.
        workers: Processes for SQL written by a model.
    """

    compound: Literal["lakehouse/v1"]
    tables: dict[Name, LakehouseTable] = {}
    limits: LakehouseLimits = LakehouseLimits()
    workers: LakehouseWorkers = LakehouseWorkers()
