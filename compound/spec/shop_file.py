"""`connectors/shop.yaml`: the tables of the operational database, and the documents they make up.

A *document* is what an effect reads and changes: an order with its items and payments. It has a shape, in
which each leaf names a column, `{...}` nests, and `rows:` puts the rows of another table inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ColumnType = Literal["text", "integer", "number", "boolean", "json"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShopTable(_Part):
    """One table.

    Attributes:
        key: Its primary key.
        columns: Name to type; a `json` column holds JSON text and is a value inside documents.
        position: A column that counts the rows of one parent from 0; filled in where the source has none.
        ignored: Columns of the source that the shop does not keep.
    """

    key: list[Name] = Field(min_length=1)
    columns: dict[Name, ColumnType]
    position: Name | None = None
    ignored: list[str] = []

    @model_validator(mode="after")
    def _keys_are_columns(self) -> ShopTable:
        for name in [*self.key, *([self.position] if self.position else [])]:
            if name not in self.columns:
                raise ValueError(f"key {name!r} is not a column")
        return self


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "column"
    if isinstance(value, ShopRows) or (isinstance(value, dict) and "rows" in value):
        return "rows"
    return "nested"


def _as_nested(value: object) -> object:
    return {"fields": cast("object", value)} if isinstance(value, dict) and "fields" not in value else value


class ShopNested(_Part):
    """A nested object.

    Attributes:
        fields: Name in the document to what stands there.
    """

    fields: dict[str, ShopField]

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """In the file the fields stand right there; a record with `rows` is something else."""
        schema = handler.resolve_ref_schema(handler(core_schema))
        fields = schema["properties"]["fields"]
        return {"type": "object", "additionalProperties": fields["additionalProperties"], "not": {"required": ["rows"]}}


class ShopRows(_Part):
    """The rows of another table, inside a document.

    Attributes:
        rows: The table.
        match: Its column that holds the document's id.
        order: Its column that orders them; when writing it is counted from 0.
        by: Makes an object, keyed by this column, instead of a list.
        value: Makes a list of this column alone. Read only.
        group: Makes one entry for each value of this column; its shape names columns that become lists, the
            grouping column's without repetition. Read only.
        shape: What each row looks like.
    """

    rows: Name
    match: Name
    order: Name | None = None
    by: Name | None = None
    value: Name | None = None
    group: Name | None = None
    shape: dict[str, ShopField] = {}

    @property
    def is_writable(self) -> bool:
        """Whether changes in the document are written back."""
        return self.value is None and self.group is None


ShopField = Annotated[
    Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\??$"), Tag("column")]
    | Annotated[ShopRows, Tag("rows")]
    | Annotated[Annotated[ShopNested, BeforeValidator(_as_nested)], Tag("nested")],
    Discriminator(_kind),
]
"""`column`, `column?` (left out where it is null), a nested object, or rows of another table."""


class ShopDocument(_Part):
    """One kind of document.

    Attributes:
        table: Its root table; the row's `row_version` is the document's version.
        id: The root table's key column.
        shape: Field to column, nested object or rows.
    """

    table: Name
    id: Name
    shape: dict[str, ShopField]


class ShopFollow(_Part):
    """From the documents `source`, the ids at `path` (through lists) name documents of `target`.

    Attributes:
        source: The kind of document that holds the ids.
        path: Keys to them, from the document inwards.
        target: The kind of document that they name.
    """

    source: Name
    path: list[str] = Field(min_length=1)
    target: Name


class ShopView(_Part):
    """What belongs to one customer: a root document, and what it leads to.

    Attributes:
        root: The kind of document that is the customer's own.
        follow: Steps from it to further documents.
    """

    root: Name
    follow: list[ShopFollow] = []


class ShopFile(_Part):
    """The whole file.

    Attributes:
        compound: Format of the file.
        tables: Table to its columns.
        documents: Kind of document to where it is kept and what it looks like.
        view: What one customer's ticket can be about.
    """

    compound: Literal["shop/v1"]
    tables: dict[Name, ShopTable]
    documents: dict[Name, ShopDocument]
    view: ShopView

    @model_validator(mode="after")
    def _names_exist(self) -> ShopFile:
        for name, document in self.documents.items():
            _check_table(self, document.table, document.id, f"documents.{name}")
            _check_shape(self, document.table, document.shape, f"documents.{name}")
        for kind in [self.view.root, *(step for f in self.view.follow for step in (f.source, f.target))]:
            if kind not in self.documents:
                raise ValueError(f"view: there is no document {kind!r}")
        return self


def _check_table(file: ShopFile, table: str, column: str, place: str) -> None:
    if table not in file.tables:
        raise ValueError(f"{place}: there is no table {table!r}")
    if column not in file.tables[table].columns:
        raise ValueError(f"{place}: table {table} has no column {column!r}")


def _check_shape(file: ShopFile, table: str, shape: dict[str, Any], place: str) -> None:
    for name, part in shape.items():
        here = f"{place}.{name}"
        if isinstance(part, str):
            _check_table(file, table, part.rstrip("?"), here)
        elif isinstance(part, ShopNested):
            _check_shape(file, table, part.fields, here)
        elif isinstance(part, ShopRows):
            for column in (part.match, part.order, part.by, part.value, part.group):
                if column:
                    _check_table(file, part.rows, column, here)
            _check_shape(file, part.rows, part.shape, here)
