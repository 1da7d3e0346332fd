"""Sources of items: JSONL, Delta tables, files of published tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import orjson

from compound.connector.mailbox.item import Item, MailboxProblem, guess_id, make_item, problem
from compound.errors import ConnectorError, Location
from compound.language.json_keys import repeated_in_items, repeated_key
from compound.spec.mailbox_file import ItemRules

if TYPE_CHECKING:
    from io import BufferedReader

    from pydantic import JsonValue

Entry = Item | MailboxProblem
_RULES = ItemRules()


def read_items(path: Path, rules: ItemRules = _RULES) -> Iterator[Entry]:
    """Every item of a source, in order, lazily.

    An invalid record is returned as a `MailboxProblem` in its place. For JSONL files and Delta tables, only the ids are
    kept in memory.

    Args:
        path: A JSONL file, a `tasks_*.json` file, the folder of a Delta table, or a folder of such files
            (its task files, else its JSONL files).
        rules: Bounds.

    Raises:
        ConnectorError: `mailbox.no-source`, `mailbox.unreadable`: the source cannot be read.
    """
    return (entry for entry, *_ in read_rows(path, rules))


def read_rows(path: Path, rules: ItemRules = _RULES, columns: frozenset[str] = frozenset()) -> Iterator[Row]:
    """Like `read_items`, each with the named further columns of its record.

    Args:
        path: As for `read_items`.
        rules: Bounds.
        columns: Names of further columns; fields of an item stay in the item.
    """
    reader = _Reader(rules, columns - set(Item.model_fields))
    if path.is_dir() and (path / "_delta_log").is_dir():
        yield from _read_delta(path, reader)
        return
    files = [path] if path.is_file() else sorted(path.glob("tasks_*.json")) or sorted(path.glob("*.jsonl"))
    if not files:
        raise ConnectorError(
            "mailbox.no-source",
            f"{path} contains no items",
            fix="name a JSONL file, a Delta table or a folder of tasks; `compound seed` writes the sample",
        )
    for file in files:
        yield from (_read_tasks(file, reader) if file.suffix == ".json" else _read_jsonl(file, reader))


Row = tuple[Entry, Mapping[str, "JsonValue"], "Location | None"]
"""An item or a problem, further columns of its record, and the place of an item."""


class _Reader:
    """Converts the records of a source to items."""

    def __init__(self, rules: ItemRules, columns: frozenset[str]) -> None:
        self.rules = rules
        self._columns = columns
        self._seen: set[str] = set()

    def make(self, record: object, where: Location) -> Row:
        """An item and the further columns of its record."""
        extra: Mapping[str, JsonValue] = {}
        if self._columns and isinstance(record, dict):
            given = cast("dict[str, JsonValue]", record)
            extra = {name: value for name, value in given.items() if name in self._columns}
            record = {name: value for name, value in given.items() if name not in extra}
        return make_item(record, self.rules, where, self._seen), extra, where


def _read_jsonl(path: Path, reader: _Reader) -> Iterator[Row]:
    rules = reader.rules
    try:
        with path.open("rb") as stream:
            line, is_first = 0, True
            while raw := stream.readline(rules.max_line_bytes + 1):
                line += 1
                where = Location(str(path), line)
                if len(raw) > rules.max_line_bytes:
                    _skip_line(stream, raw)
                    what = f"its line is longer than {rules.max_line_bytes:,} bytes"
                    yield problem(where, guess_id(raw), "item.too-large", what), {}, None
                    continue
                text = raw.removeprefix(b"\xef\xbb\xbf") if is_first else raw
                is_first = False
                if text.strip():
                    yield _parse_line(text, reader, where)
    except OSError as error:
        raise ConnectorError("mailbox.unreadable", f"{path} cannot be read: {error.strerror}") from error


def _skip_line(stream: BufferedReader, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = stream.readline(1 << 20)


def _parse_line(text: bytes, reader: _Reader, where: Location) -> Row:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        what = f"byte {error.start} of its line (0x{text[error.start]:02x}) is not UTF-8"
        return problem(where, guess_id(text), "item.not-utf8", what, "save the file as UTF-8"), {}, None
    try:
        record = cast("object", orjson.loads(text))
    except orjson.JSONDecodeError as error:
        what = f"its line is not JSON: {error.msg} at character {error.pos + 1}"
        return problem(where, guess_id(text), "item.bad-json", what, "write one JSON object per line"), {}, None
    if (twice := repeated_key(text)) is not None:
        return _duplicate_key(record, twice, where), {}, None
    return reader.make(record, where)


def _duplicate_key(record: object, key: str, where: Location) -> MailboxProblem:
    """The problem of a duplicate key; the item's id is unknown if the id itself is duplicated."""
    item_id = cast("Mapping[str, object]", record).get("id") if isinstance(record, dict) and key != "id" else None
    named = item_id if isinstance(item_id, str) and item_id.strip() else None
    what = f"its key {key!r} occurs twice in one object"
    return problem(where, named, "item.duplicate-key", what, "keep one of them")


def _read_delta(path: Path, reader: _Reader) -> Iterator[Row]:
    # Imported here, because deltalake is slow to import.
    from deltalake import DeltaTable, QueryBuilder
    from deltalake.exceptions import DeltaError

    row = 0
    try:
        for batch in QueryBuilder().register("items", DeltaTable(path)).execute("select * from items"):
            names, columns = list(batch.column_names), batch.columns
            for values in zip(*columns, strict=True):
                row += 1
                record = {name: _plain(value.as_py()) for name, value in zip(names, values, strict=True)}
                yield reader.make(record, Location(str(path), row))
    except (DeltaError, OSError) as error:
        said = " ".join(str(error).split())[:300]
        raise ConnectorError("mailbox.unreadable", f"the table {path} cannot be read: {said}") from error


def _plain(value: object) -> object:
    is_time = hasattr(value, "isoformat")
    return value.isoformat() if is_time else value  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]


def _read_tasks(path: Path, reader: _Reader) -> Iterator[Row]:
    try:
        text = path.read_bytes()
        tasks = cast("object", orjson.loads(text))
    except (OSError, orjson.JSONDecodeError) as error:
        raise ConnectorError("mailbox.unreadable", f"{path} cannot be read: {error}") from error
    if not isinstance(tasks, list):
        raise ConnectorError("mailbox.unreadable", f"{path} is not a list of tasks")
    twice = repeated_in_items(text)
    for index, task in enumerate(cast("list[object]", tasks)):
        where = Location(str(path), index + 1)
        if index in twice:
            yield _duplicate_key(None, twice[index], where), {}, None
        elif isinstance(task, dict):
            yield reader.make(task_item(cast("Mapping[str, JsonValue]", task), index, path), where)
        else:
            yield problem(where, None, "item.not-an-object", "it is not a task"), {}, None


def task_item(task: Mapping[str, JsonValue], index: int, file: Path) -> Mapping[str, JsonValue]:
    """The item in a published task: its text, its instruction, or its user scenario.

    The id is `<folder>-<name of the file>-<id or index of the task>`. The sender is only in the text.
    """
    given = task.get("ticket")
    if isinstance(given, dict):
        return given
    body = task.get("instruction")
    if not isinstance(body, str):
        scenario = task.get("user_scenario")
        told = scenario.get("instructions") if isinstance(scenario, dict) else None
        parts = told if isinstance(told, dict) else {}
        named = (parts.get(name) for name in ("known_info", "reason_for_call", "task_instructions"))
        body = "\n".join(part.strip() for part in named if isinstance(part, str) and part.strip())
    name = file.stem.removeprefix("tasks_")
    return {"id": f"{file.parent.name}-{name}-{task.get('id', index)}", "subject": "", "body": body}
