"""A ticket, and what is wrong with a record that is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from compound.errors import DataError, Location, choices
from compound.spec.mailbox_file import ItemRules

_RECORD = 'write {"id": ..., "subject": ..., "body": ...}'
_NO_TEXT = "write what the customer wrote, or take the ticket out"
_JSON_WORDS: dict[type, str] = {
    **{dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"},
    type(None): "null",
}
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_ID_AT = re.compile(rb'"id"\s*:\s*"((?:[^"\\]|\\.){1,200})"')


class Item(BaseModel):
    """What a customer wrote, and what the channel knows of them.

    Attributes:
        id: The desk's own, unique in its source.
        body: What was written, as text; may be left out where `html` is there.
        html: The mail as HTML.
        customer_id: As the channel claims it; proves nothing.
        email: The address it came from.
        received_at: ISO 8601.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxProblem:
    """A record that is no ticket; it stands in its place among the tickets, and reading goes on.

    Attributes:
        line: Of the file, or the row or task, from 1.
        ticket_id: Where one could be found.
        error: What is wrong; it names the line and the ticket.
    """

    line: int
    ticket_id: str | None
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
    ticket_id = given.get("id")
    named = ticket_id if isinstance(ticket_id, str) and ticket_id.strip() else None
    if named is None:
        return problem(where, None, "item.missing-id", "it has no id", "give each ticket an id that is text")
    if given.get("body") is None and given.get("html") is None:
        what = "its field 'body' is null: Field required"
        return problem(where, named, "item.bad-field", what, "write what the customer wrote as text")
    unknown = sorted(set(given) - set(Item.model_fields))
    if unknown:
        what = f"it has the unknown field {unknown[0]!r}; {choices(list(Item.model_fields), unknown[0])}"
        fix = "take the field out, or name it as one of the choices"
        return problem(where, named, "item.unknown-field", what, fix)
    try:
        ticket = Item.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        found = _JSON_WORDS.get(type(given.get(field)), "something else")
        what = f"its field {field!r} is {found}: {first['msg']}"
        return problem(where, named, "item.bad-field", what, "write it as text")
    return _bounded(ticket, rules, where, seen)


def _bounded(ticket: Item, rules: ItemRules, where: Location, seen: set[str] | None) -> Item | MailboxProblem:
    if hidden := _CONTROL.search(ticket.id):
        what = f"its id has the control character U+{ord(hidden.group()):04X}"
        return problem(where, ticket.id, "item.bad-field", what, "give it an id of visible characters")
    if not ticket.body.strip() and not (ticket.html or "").strip():
        bare = ("item.empty", "its subject and its body are empty")
        code, what = ("item.empty-body", "its body is empty") if ticket.subject.strip() else bare
        return problem(where, ticket.id, code, what, _NO_TEXT)
    try:
        size = len(ticket.body.encode()) + len((ticket.html or "").encode())
        (ticket.id + ticket.subject + (ticket.email or "") + (ticket.customer_id or "")).encode()
    except UnicodeEncodeError:
        what = "it has half a surrogate pair, which is no character"
        return problem(where, ticket.id, "item.not-utf8", what, "write the whole character")
    if size > rules.max_body_bytes:
        what = f"its body has {size:,} bytes, more than {rules.max_body_bytes:,}"
        return problem(where, ticket.id, "item.too-large", what, "raise max_body_bytes in connectors/desk.yaml")
    if seen is not None:
        if ticket.id in seen:
            what = f"the id {ticket.id!r} stood before in this source"
            return problem(where, None, "item.duplicate-id", what, "give each ticket its own id")
        seen.add(ticket.id)
    return ticket


def problem(where: Location, ticket_id: str | None, code: str, what: str, fix: str = "") -> MailboxProblem:
    """A record that is no ticket, with an error that names the ticket where it is known."""
    named = f"ticket {ticket_id!r}: " if ticket_id else "a ticket: "
    return MailboxProblem(
        line=where.line, ticket_id=ticket_id, error=DataError(code, f"{named}{what}", fix=fix, where=where)
    )


def guess_id(raw: bytes) -> str | None:
    """The id in a line that does not parse, as far as one can see it."""
    found = _ID_AT.search(raw[:4096]) or _ID_AT.search(raw[-4096:])
    return found.group(1).decode("utf-8", "replace") if found else None
