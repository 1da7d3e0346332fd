"""`connectors/lakehouse.yaml`: what the lakehouse's tables are to the project."""

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
        description: What a row is, for people and models that write SQL.
        columns: Column to what it holds, where its name does not say it.
    """

    customer_key: Name | KeyThrough | None = None
    hide: tuple[Name, ...] = ()
    cluster_by: tuple[Name, ...] = ()
    description: str = ""
    columns: dict[Name, str] = {}


class LakehouseLimits(_Part):
    """Caps on every SQL tool of the project; a tool's own `limits` hold where they are tighter.

    Attributes:
        rows: Rows, at most.
        cell_chars: Characters of one cell, at most.
        bytes: Of the whole result as JSON, at most.
        ms: Milliseconds that a query may take.
    """

    rows: int = Field(default=100_000, ge=1, le=100_000)
    cell_chars: int = Field(default=1_000_000, ge=1, le=1_000_000)
    bytes: int = Field(default=50_000_000, ge=100, le=50_000_000)
    ms: int = Field(default=60_000, ge=1, le=60_000)


class LakehouseWorkers(_Part):
    """Processes in which SQL that a model wrote (a tool of `kind: ask`) runs.

    Attributes:
        count: Queries of models that run at once; more wait for their turn.
        memory_mb: Memory of each process in MiB, above what an idle one needs. A query that needs more fails.
    """

    count: int = Field(default=2, ge=1, le=64)
    memory_mb: int = Field(default=512, ge=64, le=65_536)


class LakehouseFile(_Part):
    """The whole file.

    Attributes:
        compound: Format of the file.
        tables: Table to what it is to the project; one that is not named has no customer and hides nothing.
        limits: Caps on every SQL tool.
        workers: Processes for SQL that a model wrote.
    """

    compound: Literal["lakehouse/v1"]
    tables: dict[Name, LakehouseTable] = {}
    limits: LakehouseLimits = LakehouseLimits()
    workers: LakehouseWorkers = LakehouseWorkers()
