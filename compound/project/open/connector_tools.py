"""Tools that connectors offer to graphs, in addition to the project's own."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Final, cast

from pydantic import JsonValue
from typing_extensions import TypedDict

from compound.errors import Location, ProjectError, choices
from compound.language.marks import CALLER
from compound.project.open.conversation import ConversationEntry, conversation_of
from compound.project.open.store_types import documents_schema
from compound.project.source.documents import documents_of
from compound.project.source.names import Named
from compound.project.source.targets import TargetFiles
from compound.spec.declared import place_of
from compound.tool import Function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from compound.project.open.stores import Stores


class GrantedColumn(TypedDict):
    """A column that SQL written by a model may read."""

    name: str
    type: str
    description: str


class GrantedTable(TypedDict):
    """A table that SQL written by a model may read, with its size."""

    name: str
    description: str
    rows: int
    columns: list[GrantedColumn]


class AskedQuestion(TypedDict):
    """A question with verified SQL that answers it."""

    question: str
    sql: str


class GrantCard(TypedDict):
    """What a model sees before it writes SQL; never rows."""

    tables: list[GrantedTable]
    examples: list[AskedQuestion]
    max_rows: int


class IndexedDocument(TypedDict):
    """A whole document from the sources of an index."""

    id: str
    title: str
    text: str
    source: str


def index_documents(resources: Stores) -> Function[..., object]:
    """`index_documents(index, limit)`: the documents of an index, sorted by id."""

    def index_documents(index: str, limit: int = 2000) -> list[IndexedDocument]:
        """The documents of an index, whole, from their present sources; at most `limit`."""
        known = resources.settings.profile.documents
        if index not in known:
            raise ProjectError("project.unknown-index", f"no index {index!r}", fix=choices(list(known), index))
        found = sorted(documents_of(index, resources.settings, resources.parts.modules), key=lambda one: one.id)
        return [IndexedDocument(id=one.id, title=one.title, text=one.text, source=one.source) for one in found[:limit]]

    return Function(index_documents, blocking=True)


def read_document(resources: Stores) -> Function[..., object]:
    """`read_document(source)`: one whole document of an index; its text is empty if it does not exist."""

    def read_document(source: str) -> IndexedDocument:
        """A whole document of an index, by `index:doc_id` (`handbook:refund-times`); empty text if missing."""
        index, _, doc_id = source.partition(":")
        known = resources.settings.profile.documents
        found = documents_of(index, resources.settings, resources.parts.modules) if index in known else iter(())
        one = next((document for document in found if document.id == doc_id), None)
        if one is None:
            return IndexedDocument(id=doc_id, title="", text="", source="")
        return IndexedDocument(id=one.id, title=one.title, text=one.text, source=one.source)

    return Function(read_document, blocking=True)


def granted_tables(resources: Stores) -> Function[..., object]:
    """`granted_tables(tool)`: the grants of a SQL tool of `kind: ask`, as a model sees them."""

    def granted_tables(tool: str) -> GrantCard:
        """Tables and columns that SQL may read through an `ask` tool, with descriptions and verified examples."""
        from compound.tool.ask import AskTool

        asks = {name: one for name, one in resources.parts.sql_tools.items() if isinstance(one, AskTool)}
        if tool not in asks:
            what = f"no SQL tool of kind: ask is named {tool!r}"
            raise ProjectError("project.unknown-sql", what, fix=choices(list(asks), tool))
        return cast("GrantCard", asks[tool].bind(resources.lakehouse).card)

    return Function(granted_tables)


def store_documents(resources: Stores, store: str) -> Function[..., object]:
    """`STORE_documents(id)`: the documents of one root document in a record store, with row versions."""
    declared = resources.target_files.read_records(store)

    def documents(**given: str) -> dict[str, JsonValue]:
        return resources.records[store].documents(given[declared.id_name]).to_json()

    documents.__name__ = documents.__qualname__ = f"{store}{DOCUMENTS}"
    documents.__doc__ = (
        f"One of the {declared.view.root} of {store} with its related documents, current, with row versions."
    )
    own = inspect.Parameter(declared.id_name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str, CALLER])
    documents.__annotations__ = {declared.id_name: Annotated[str, CALLER], "return": dict[str, JsonValue]}
    documents.__signature__ = inspect.Signature([own], return_annotation=dict[str, JsonValue])  # type: ignore[attr-defined]
    return _StoreDocuments(documents, documents_schema(declared))


class _StoreDocuments(Function[..., object]):
    """A function whose result has the type that a store declares."""

    def __init__(self, function: Callable[..., object], schema: Mapping[str, JsonValue]) -> None:
        super().__init__(function)
        self._schema = schema

    @property
    def output_schema(self) -> Mapping[str, JsonValue]:
        """JSON schema of the documents."""
        return self._schema


def mailbox_conversation(resources: Stores, mailbox: str) -> Function[..., object]:
    """`MAILBOX_conversation(item_id)`: the conversation of an item of a mailbox, without the item itself."""

    def conversation(item_id: Annotated[str, CALLER]) -> list[ConversationEntry]:
        return conversation_of(resources, mailbox, item_id)

    conversation.__name__ = conversation.__qualname__ = f"{mailbox}{CONVERSATION}"
    conversation.__doc__ = (
        f"The other messages in the conversation of an item of {mailbox}, with decisions and effects, oldest first."
    )
    conversation.__annotations__ = {"item_id": Annotated[str, CALLER], "return": list[ConversationEntry]}
    return Function(conversation)


DOCUMENTS: Final = "_documents"
"""Suffix of a record store's tool."""
CONVERSATION: Final = "_conversation"
"""Suffix of a mailbox's tool."""
BUILT_IN: Final = (granted_tables, index_documents, read_document)
"""Factories of the tools that every project has, by tool name."""


def connector_tools(resources: Stores) -> Sequence[Function[..., object]]:
    """All connector tools."""
    stores = [store_documents(resources, store) for store in resources.target_files.records]
    boxes = [mailbox_conversation(resources, name) for name in declared_mailboxes(resources.target_files)]
    return [*stores, *boxes, *(make(resources) for make in BUILT_IN)]


def declared_mailboxes(files: TargetFiles) -> list[str]:
    """Mailboxes with a file: each offers its conversations."""
    return [name for name in files.mailboxes if files.has_file(name)]


def tells_texts(name: str, files: TargetFiles) -> bool:
    """Whether the tool returns customers' text, which is never trusted."""
    return name in {f"{mailbox}{CONVERSATION}" for mailbox in declared_mailboxes(files)}


def built_in(root: Path) -> Iterator[Named]:
    """The tools that connectors offer to every graph of a project."""
    files = TargetFiles(root)
    ends = [
        *((name, DOCUMENTS) for name in files.records),
        *((name, CONVERSATION) for name in declared_mailboxes(files)),
    ]
    for name, end in ends:
        where = Location(f"connectors/{name}.yaml", 1)
        yield Named("tool", f"{name}{end}", where, 0, f"built in (connectors/{name}.yaml)")
    for make in BUILT_IN:
        where = place_of(make)
        yield Named("tool", make.__name__, where, id(make), f"built in (compound/{where})")
