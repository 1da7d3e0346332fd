"""Items, and the problems of invalid records."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError, field_validator

from compound.connector.mailbox.service import Attachment
from compound.errors import DataError, Location, choices
from compound.spec.mailbox_file import ItemRules

_RECORD = 'write {"id": ..., "subject": ..., "body": ...}'
_NO_TEXT = "add the text, or remove the item"
_JSON_WORDS: dict[type, str] = {
    **{dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"},
    type(None): "null",
}
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_ID_AT = re.compile(rb'"id"\s*:\s*"((?:[^"\\]|\\.){1,200})"')


class Item(BaseModel):
    """A message and the sender's data from its channel.

    Attributes:
        id: Unique in its source.
        body: The message as text; optional if `html` is set.
        html: The mail as HTML.
        customer_id: As claimed by the channel; not verified.
        email: Address of the sender.
        received_at: ISO 8601.
        thread: What the source calls the conversation that it belongs to; a whole number is read as its text.
        in_reply_to: The id of the item that it answers.
        attachments: Files that came with it, by name; they stay where they are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    subject: str = ""
    body: str = ""
    html: str | None = None
    customer_id: str | None = None
    email: str | None = None
    channel: str | None = None
    received_at: str | None = None
    thread: str | None = None
    in_reply_to: str | None = None
    attachments: list[Attachment] | None = None

    @field_validator("thread", "in_reply_to", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        """Help desks count their conversations."""
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


LINKS: Final = ("thread", "in_reply_to")
"""Fields that say which conversation an item belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxProblem:
    """An invalid record, returned in place of an item; reading continues.

    Attributes:
        line: Line, row or task number, from 1.
        item_id: Its id, if it could be found.
        error: The error; it names the line and the item.
    """

    line: int
    item_id: str | None
    error: DataError


def make_item(record: object, rules: ItemRules, where: Location, seen: set[str] | None = None) -> Item | MailboxProblem:
    """Check one decoded record.

    Args:
        record: Decoded JSON, or a row.
        rules: Size limits.
        where: Its place, for messages.
        seen: The ids seen so far; its id is added. None if ids may repeat.
    """
    if not isinstance(record, Mapping):
        what = f"it is {_JSON_WORDS.get(type(record), 'no JSON')}, not an object"
        return problem(where, None, "item.not-an-object", what, _RECORD)
    given = cast("Mapping[str, JsonValue]", record)
    item_id = given.get("id")
    named = item_id if isinstance(item_id, str) and item_id.strip() else None
    if named is None:
        return problem(where, None, "item.missing-id", "it has no id", "give each item a text id")
    if given.get("body") is None and given.get("html") is None:
        what = "its field 'body' is null: Field required"
        return problem(where, named, "item.bad-field", what, "write the message as text")
    unknown = sorted(set(given) - set(Item.model_fields))
    if unknown:
        what = f"it has the unknown field {unknown[0]!r}; {choices(list(Item.model_fields), unknown[0])}"
        fix = "remove the field, or use one of the choices"
        return problem(where, named, "item.unknown-field", what, fix)
    try:
        item = Item.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        found = _JSON_WORDS.get(type(given.get(field)), "something else")
        what = f"its field {field!r} is {found}: {first['msg']}"
        return problem(where, named, "item.bad-field", what, "write it as text")
    return _bounded(item, rules, where, seen)


def _bounded(item: Item, rules: ItemRules, where: Location, seen: set[str] | None) -> Item | MailboxProblem:
    if hidden := _CONTROL.search(item.id):
        what = f"its id has the control character U+{ord(hidden.group()):04X}"
        return problem(where, item.id, "item.bad-field", what, "use visible characters only")
    if not item.body.strip() and not (item.html or "").strip():
        bare = ("item.empty", "its subject and body are empty")
        code, what = ("item.empty-body", "its body is empty") if item.subject.strip() else bare
        return problem(where, item.id, code, what, _NO_TEXT)
    try:
        size = len(item.body.encode()) + len((item.html or "").encode())
        (item.id + item.subject + (item.email or "") + (item.customer_id or "")).encode()
        ((item.thread or "") + (item.in_reply_to or "")).encode()
    except UnicodeEncodeError:
        what = "it contains an unpaired surrogate, which is not a character"
        return problem(where, item.id, "item.not-utf8", what, "write the whole character")
    if size > rules.max_body_bytes:
        what = f"its body has {size:,} bytes, more than {rules.max_body_bytes:,}"
        return problem(where, item.id, "item.too-large", what, "raise max_body_bytes in the file of the mailbox")
    if seen is not None:
        if item.id in seen:
            what = f"the id {item.id!r} is used twice in this source"
            return problem(where, None, "item.duplicate-id", what, "give each item a unique id")
        seen.add(item.id)
    return item


def problem(where: Location, item_id: str | None, code: str, what: str, fix: str = "") -> MailboxProblem:
    """An invalid record, with an error that names the item if its id is known."""
    named = f"item {item_id!r}: " if item_id else "an item: "
    return MailboxProblem(
        line=where.line, item_id=item_id, error=DataError(code, f"{named}{what}", fix=fix, where=where)
    )


def guess_id(raw: bytes) -> str | None:
    """The id in a line that does not parse, if it can be found."""
    found = _ID_AT.search(raw[:4096]) or _ID_AT.search(raw[-4096:])
    return found.group(1).decode("utf-8", "replace") if found else None
