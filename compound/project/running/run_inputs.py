"""A graph's input and context from the command line: `question="How many?" letters=@letters.jsonl`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from uuid import uuid4

from compound.errors import DataError, choices
from compound.language.types import STR, Enum, Scalar, bare, parse_type

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.language.types import Type
    from compound.spec import GraphSpec


def read_inputs(spec: GraphSpec, written: Sequence[str]) -> dict[str, JsonValue]:
    """Values by name; text, moments and enums as they are, all others as JSON, `@FILE` as the file's content.

    A `.jsonl` file is the list of its lines, a `.json` file its value, any other file its text. `@@` starts a text
    with a literal `@`.

    Raises:
        DataError: ``project.bad-input``: not `name=value`, an unknown input, a duplicate, no such file, not JSON.
            ``project.no-input``: one is missing.
    """
    from compound.project.offer.example import need_input

    given = _read(spec, spec.input, written, "no input")
    need_input(spec, given)
    return given


def read_context(spec: GraphSpec, written: Sequence[str]) -> dict[str, JsonValue]:
    """Like `read_inputs`, for the graph's `context`; also accepts one JSON object, or `@FILE` with one.

    Raises:
        DataError: ``project.bad-input``: as for `read_inputs`; not one object.
    """
    if len(written) != 1 or not written[0].startswith(("{", "@")):
        return _read(spec, spec.context, written, "not in the context")
    given = _value("--context", written[0], is_text=False)
    if not isinstance(given, dict):
        raise DataError("project.bad-input", "--context is not a JSON object", fix="--context '{\"name\": ...}'")
    if unknown := sorted(set(given) - set(spec.context)):
        what = f"{unknown[0]!r} is not in the context of {spec.name}"
        raise DataError("project.bad-input", what, fix=choices(list(spec.context), unknown[0]))
    return given


def _read(
    spec: GraphSpec, declared: Mapping[str, JsonValue], written: Sequence[str], unknown: str
) -> dict[str, JsonValue]:
    given: dict[str, JsonValue] = {}
    for one in written:
        name, mark, text = one.partition("=")
        if not mark or name not in declared:
            what = f"{name!r} is {unknown} of {spec.name}" if mark else f"{one!r} is not NAME=VALUE"
            fix = choices(list(declared), name) if mark else _as_named(list(declared), one)
            raise DataError("project.bad-input", what, fix=fix)
        if name in given:
            raise DataError("project.bad-input", f"{name!r} is given twice", fix="give it once")
        given[name] = _value(name, text, is_text=_is_text(bare(parse_type(declared[name]), spec.type_names), text))
    return given


def _as_named(names: list[str], one: str) -> str:
    """The call that was meant: `'How many?'` was meant as `question='How many?'` where the graph has one input."""
    if len(names) == 1 and " " in one:
        return f"write {names[0]}={shlex.quote(one)}"
    return choices(names, one)


def _is_text(kind: Type, text: str) -> bool:
    """Whether a value is written as it is; a day, a moment or one of several texts may also be JSON text, in quotes."""
    is_written_plainly = isinstance(kind, Enum) or kind in {Scalar("date"), Scalar("datetime")}
    return kind == STR or (is_written_plainly and not text.startswith('"') and text != "null")


def _value(name: str, text: str, *, is_text: bool) -> JsonValue:
    if text.startswith("@@"):
        text = text[1:]
    elif text.startswith("@"):
        return _file(name, Path(text[1:]), is_text=is_text)
    return text if is_text else _json(name, text)


def _file(name: str, path: Path, *, is_text: bool) -> JsonValue:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DataError("project.bad-input", f"{name}: {path} cannot be read: {why}", fix="name a file") from error
    if path.suffix == ".jsonl":
        return [_json(name, line) for line in text.splitlines() if line.strip()]
    return _json(name, text) if path.suffix == ".json" or not is_text else text


def _json(name: str, text: str) -> JsonValue:
    import orjson

    from compound.language.json_keys import repeated_key

    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        fix = f"{name}='[...]', or {name}=@FILE.json"
        raise DataError("project.bad-input", f"{name}: {text[:60]!r} is not JSON: {error}", fix=fix) from error
    if (twice := repeated_key(text)) is not None:
        what = f"{name}: the key {twice!r} is in one object twice"
        raise DataError("project.bad-input", what, fix="keep one of them")
    return value


def read_item_argument(item: str | None, text: str | None, *, stdin: BinaryIO) -> dict[str, JsonValue]:
    """An item from the command line: JSON text, a file, `-`, or plain text.

    Raises:
        DataError: `item.missing`, `item.bad-json`, `item.duplicate-key`.
    """
    import orjson

    from compound.language.json_keys import repeated_key

    if text is not None:
        return {"id": f"cli-{uuid4().hex[:8]}", "subject": "", "body": text}
    if item is None:
        raise DataError("item.missing", "no item is given", fix="--text '...', or --item FILE, JSON or -")
    if item == "-":
        raw = stdin.read()
    elif item.lstrip().startswith("{"):
        raw = item.encode()
    else:
        path = Path(item)
        if not path.is_file():
            raise DataError("item.missing", f"the file {item} does not exist", fix="name a JSON file, or pass JSON")
        raw = path.read_bytes()
    try:
        record = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise DataError(
            "item.bad-json", f"the item is not JSON: {error}", fix="a record {id, subject, body}"
        ) from error
    if not isinstance(record, dict):
        raise DataError("item.bad-json", "the item is not a JSON object", fix="a record {id, subject, body}")
    if (twice := repeated_key(raw)) is not None:
        what = f"the item has the key {twice!r} twice in one object"
        raise DataError("item.duplicate-key", what, fix="keep one of them")
    return cast("dict[str, JsonValue]", record)
