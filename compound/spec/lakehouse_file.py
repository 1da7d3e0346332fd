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


class LakehouseFile(_Part):
    """The whole file.

    Attributes:
        compound: Format of the file.
        tables: Table to what it is to the project; one that is not named has no customer and hides nothing.
    """

    compound: Literal["lakehouse/v1"]
    tables: dict[Name, LakehouseTable] = {}
