"""`connectors/NAME.yaml` with `compound: records/v1`: tables of an operational database as documents.

The file's name is the name of the target of effects (`@effect(target="NAME")`), and of the tool that reads its
documents (`NAME_documents`). A project may have any number of such files.

A *document* is what an effect reads and changes: an order with its items and payments. Its shape maps fields to
columns; `{...}` nests, and `rows:` inserts the rows of another table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from compound.errors import choices
from compound.spec.yaml.mistakes import Mistake, folded, refuse

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ColumnType = Literal["text", "integer", "number", "boolean", "json"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordsTable(_Part):
    """One table.

    Attributes:
        key: Its primary key.
        columns: Name to type; a `json` column stores JSON text and is a value inside documents.
        position: A column that numbers the rows of one parent from 0; filled in if the source has none.
        ignored: Columns of the source that are not stored.
    """

    key: list[Name] = Field(min_length=1)
    columns: dict[Name, ColumnType]
    position: Name | None = None
    ignored: list[str] = []

    @model_validator(mode="after")
    def _keys_are_columns(self) -> RecordsTable:
        named = [(("key", index), name) for index, name in enumerate(self.key)]
        named += [(("position",), self.position)] if self.position else []
        columns = list(self.columns)
        unknown = [
            Mistake(path, f"the table has no column {name!r}", choices(columns, name))
            for path, name in named
            if name not in columns
        ]
        refuse(folded(unknown), "RecordsTable")
        return self


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "column"
    if isinstance(value, RecordsRows) or (isinstance(value, dict) and _means_rows(cast("dict[str, object]", value))):
        return "rows"
    return "nested"


def _means_rows(value: dict[str, object]) -> bool:
    """Whether it has `rows`; or has `match` and all but one of the keys of rows, so that `rows` is misspelt."""
    return "rows" in value or ("match" in value and len(value.keys() - RecordsRows.model_fields.keys()) <= 1)


def _as_nested(value: object) -> object:
    return {"fields": cast("object", value)} if isinstance(value, dict) and "fields" not in value else value


class RecordsNested(_Part):
    """A nested object.

    Attributes:
        fields: Name in the document to its content.
    """

    fields: dict[str, RecordsField]

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """In the file the fields are written directly; a record with `rows` is something else."""
        schema = handler.resolve_ref_schema(handler(core_schema))
        fields = schema["properties"]["fields"]
        return {"type": "object", "additionalProperties": fields["additionalProperties"], "not": {"required": ["rows"]}}


class RecordsRows(_Part):
    """The rows of another table, inside a document.

    Attributes:
        rows: The table.
        match: Its column with the document's id.
        order: Its column that orders them; numbered from 0 on writes.
        by: Makes an object, keyed by this column, instead of a list.
        value: Makes a list of this column's values. Read only.
        group: Makes one entry for each value of this column; its shape names columns that become lists, the grouping
            column's without repetition. Read only.
        shape: Shape of each row.
    """

    rows: Name
    match: Name
    order: Name | None = None
    by: Name | None = None
    value: Name | None = None
    group: Name | None = None
    shape: dict[str, RecordsField] = {}

    @property
    def is_writable(self) -> bool:
        """Whether changes in the document are written back."""
        return self.value is None and self.group is None


RecordsField = Annotated[
    Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\??$"), Tag("column")]
    | Annotated[RecordsRows, Tag("rows")]
    | Annotated[Annotated[RecordsNested, BeforeValidator(_as_nested)], Tag("nested")],
    Discriminator(_kind),
]
"""`column`, `column?` (omitted if null), a nested object, or rows of another table."""


class RecordsDocument(_Part):
    """One kind of document.

    Attributes:
        table: Its root table; the row's `row_version` is the document's version.
        id: The root table's key column.
        shape: Field to column, nested object or rows.
    """

    table: Name
    id: Name
    shape: dict[str, RecordsField]


class RecordsFollow(_Part):
    """From the documents `source`, the ids at `path` (through lists) refer to documents of `target`.

    Attributes:
        source: The kind of document with the ids.
        path: Keys to them, from the document inwards.
        target: The kind of document that they refer to.
    """

    source: Name
    path: list[str] = Field(min_length=1)
    target: Name


class RecordsView(_Part):
    """The result of the tool `NAME_documents`: a root document and related documents.

    Attributes:
        root: The kind of the root document.
        key: Name of the tool's id argument in graphs; default `id`.
        follow: Steps from it to further documents.
    """

    root: Name
    key: Name | None = None
    follow: list[RecordsFollow] = []


def _of_the_only_document(known: dict[str, Any]) -> RecordsView:
    """The view of a file without one; its root is empty, which is a mistake, where the file has several documents."""
    documents = list(known.get("documents", {}))
    return RecordsView.model_construct(root=documents[0] if len(documents) == 1 else "")


class RecordsFile(_Part):
    """The whole file.

    Attributes:
        compound: Format of the file.
        tables: Table to its columns.
        documents: Kind of document to its table and shape.
        view: The root document and its related documents; default: the document, if there is only one kind.
    """

    compound: Literal["records/v1"]
    tables: dict[Name, RecordsTable]
    documents: dict[Name, RecordsDocument]
    view: RecordsView = Field(default_factory=_of_the_only_document)

    @property
    def id_name(self) -> str:
        """Name of the root document's id in graphs."""
        return self.view.key or "id"

    @model_validator(mode="after")
    def _names_exist(self) -> RecordsFile:
        refuse(folded([*_in_documents(self), *_in_view(self)]), "RecordsFile")
        return self


Path: TypeAlias = "tuple[str | int, ...]"


def _in_documents(file: RecordsFile) -> Iterator[Mistake]:
    for name, document in file.documents.items():
        here = ("documents", name)
        if document.table not in file.tables:  # without its table, no column can be wrong
            yield _no_table(file, document.table, (*here, "table"))
            continue
        yield from _column(file, document.table, document.id, (*here, "id"))
        yield from _in_shape(file, document.table, document.shape, (*here, "shape"))


def _in_shape(file: RecordsFile, table: str, shape: dict[str, Any], path: Path) -> Iterator[Mistake]:
    for name, part in shape.items():
        here = (*path, name)
        if isinstance(part, str):
            yield from _column(file, table, part.rstrip("?"), here)
        elif isinstance(part, RecordsNested):
            yield from _in_shape(file, table, part.fields, here)
        elif isinstance(part, RecordsRows):
            yield from _in_rows(file, part, here)


def _in_rows(file: RecordsFile, part: RecordsRows, path: Path) -> Iterator[Mistake]:
    if part.rows not in file.tables:
        yield _no_table(file, part.rows, (*path, "rows"))
        return
    for key in ("match", "order", "by", "value", "group"):
        column = getattr(part, key)
        if column:
            yield from _column(file, part.rows, column, (*path, key))
    yield from _in_shape(file, part.rows, part.shape, (*path, "shape"))


def _in_view(file: RecordsFile) -> Iterator[Mistake]:
    if "view" not in file.model_fields_set and not file.view.root:
        kinds = list(file.documents)
        what = f"the key 'view' is missing, and the file has {len(kinds)} kinds of documents"
        yield Mistake(
            (),
            what,
            "write view: {root: NAME}; NAME is what the tool that reads documents starts from; " + choices(kinds),
        )
        return
    named: list[tuple[Path, str]] = [(("view", "root"), file.view.root)]
    for index, step in enumerate(file.view.follow):
        named += [(("view", "follow", index, key), getattr(step, key)) for key in ("source", "target")]
    known = list(file.documents)
    for path, kind in named:
        if kind not in known:
            yield Mistake(path, f"no document is named {kind!r}", choices(known, kind))


def _no_table(file: RecordsFile, table: str, path: Path) -> Mistake:
    return Mistake(path, f"no table is named {table!r}", choices(list(file.tables), table))


def _column(file: RecordsFile, table: str, column: str, path: Path) -> Iterator[Mistake]:
    known = list(file.tables[table].columns)
    if column not in known:
        yield Mistake(path, f"the table {table!r} has no column {column!r}", choices(known, column, limit=30))
