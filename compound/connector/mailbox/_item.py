"""An item, and what is wrong with a record that is not one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError, field_validator

from compound.errors import DataError, Location, choices
from compound.spec.mailbox_file import ItemRules

_RECORD = 'write {"id": ..., "subject": ..., "body": ...}'
_NO_TEXT = "write what was written, or take the item out"
_JSON_WORDS: dict[type, str] = {
    **{dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"},
    type(None): "null",
}
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_ID_AT = re.compile(rb'"id"\s*:\s*"((?:[^"\\]|\\.){1,200})"')


class Item(BaseModel):
    """What somebody wrote, and what the channel knows of them.

    Attributes:
        id: The sender's own, unique in its source.
        body: What was written, as text; may be left out where `html` is there.
        html: The mail as HTML.
        customer_id: As the channel claims it; proves nothing.
        email: The address it came from.
        received_at: ISO 8601.
        thread: What the source calls the conversation that it belongs to; a whole number is read as its text.
        in_reply_to: The id of the item that it answers.
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

    @field_validator("thread", "in_reply_to", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        """Help desks count their conversations."""
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


LINKS: Final = ("thread", "in_reply_to")
"""Fields that say which conversation an item belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxProblem:
    """A record that is not an item; it stands in its place among the items, and reading goes on.

    Attributes:
        line: Of the file, or the row or task, from 1.
        item_id: Where one could be found.
        error: What is wrong; it names the line and the item.
    """

    line: int
    item_id: str | None
    error: DataError


def make_item(record: object, rules: ItemRules, where: Location, seen: set[str] | None = None) -> Item | MailboxProblem:
    """Check one decoded record.

    Args:
        record: Decoded JSON, or a row.
        rules: Bounds.
        where: Its place, for messages.
        seen: The ids before it; its own is added. None where ids may repeat.
    """
    if not isinstance(record, Mapping):
        what = f"it is {_JSON_WORDS.get(type(record), 'no JSON')}, not an object"
        return problem(where, None, "item.not-an-object", what, _RECORD)
    given = cast("Mapping[str, JsonValue]", record)
    item_id = given.get("id")
    named = item_id if isinstance(item_id, str) and item_id.strip() else None
    if named is None:
        return problem(where, None, "item.missing-id", "it has no id", "give each item an id that is text")
    if given.get("body") is None and given.get("html") is None:
        what = "its field 'body' is null: Field required"
        return problem(where, named, "item.bad-field", what, "write what was written, as text")
    unknown = sorted(set(given) - set(Item.model_fields))
    if unknown:
        what = f"it has the unknown field {unknown[0]!r}; {choices(list(Item.model_fields), unknown[0])}"
        fix = "take the field out, or name it as one of the choices"
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
        return problem(where, item.id, "item.bad-field", what, "give it an id of visible characters")
    if not item.body.strip() and not (item.html or "").strip():
        bare = ("item.empty", "its subject and its body are empty")
        code, what = ("item.empty-body", "its body is empty") if item.subject.strip() else bare
        return problem(where, item.id, code, what, _NO_TEXT)
    try:
        size = len(item.body.encode()) + len((item.html or "").encode())
        (item.id + item.subject + (item.email or "") + (item.customer_id or "")).encode()
        ((item.thread or "") + (item.in_reply_to or "")).encode()
    except UnicodeEncodeError:
        what = "it has half a surrogate pair, which is no character"
        return problem(where, item.id, "item.not-utf8", what, "write the whole character")
    if size > rules.max_body_bytes:
        what = f"its body has {size:,} bytes, more than {rules.max_body_bytes:,}"
        return problem(where, item.id, "item.too-large", what, "raise max_body_bytes in the file of the mailbox")
    if seen is not None:
        if item.id in seen:
            what = f"the id {item.id!r} stood before in this source"
            return problem(where, None, "item.duplicate-id", what, "give each item its own id")
        seen.add(item.id)
    return item


def problem(where: Location, item_id: str | None, code: str, what: str, fix: str = "") -> MailboxProblem:
    """A record that is not an item, with an error that names the item where it is known."""
    named = f"item {item_id!r}: " if item_id else "an item: "
    return MailboxProblem(
        line=where.line, item_id=item_id, error=DataError(code, f"{named}{what}", fix=fix, where=where)
    )


def guess_id(raw: bytes) -> str | None:
    """The id in a line that does not parse, as far as one can see it."""
    found = _ID_AT.search(raw[:4096]) or _ID_AT.search(raw[-4096:])
    return found.group(1).decode("utf-8", "replace") if found else None
