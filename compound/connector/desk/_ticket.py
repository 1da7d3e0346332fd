"""A ticket, and what is wrong with a record that is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from compound.errors import DataError, Location, choices
from compound.spec.desk_file import TicketRules

_ID_AT = re.compile(rb'"id"\s*:\s*"((?:[^"\\]|\\.){1,200})"')


class Ticket(BaseModel):
    """What a customer wrote, and what the channel knows of them.

    Attributes:
        id: The desk's own, unique in its source.
        customer_id: As the channel claims it; proves nothing.
        email: The address it came from.
        received_at: ISO 8601.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    subject: str = ""
    body: str
    customer_id: str | None = None
    email: str | None = None
    channel: str | None = None
    received_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskProblem:
    """A record that is no ticket; it stands in its place among the tickets, and reading goes on.

    Attributes:
        line: Of the file, or the row or task, from 1.
        ticket_id: Where one could be found.
        error: What is wrong; it names the line and the ticket.
    """

    line: int
    ticket_id: str | None
    error: DataError


def make_ticket(
    record: object, rules: TicketRules, where: Location, seen: set[str] | None = None
) -> Ticket | DeskProblem:
    """Check one decoded record.

    Args:
        record: Decoded JSON, or a row.
        rules: Bounds.
        where: Its place, for messages.
        seen: The ids before it; its own is added. None where ids may repeat.
    """
    if not isinstance(record, Mapping):
        return problem(where, None, "ticket.not-an-object", f"it is a {type(record).__name__}, not an object")
    given = cast("Mapping[str, JsonValue]", record)
    ticket_id = given.get("id")
    named = ticket_id if isinstance(ticket_id, str) and ticket_id.strip() else None
    if named is None:
        return problem(where, None, "ticket.missing-id", "it has no id", "give each ticket an id that is text")
    unknown = sorted(set(given) - set(Ticket.model_fields))
    if unknown:
        what = f"it has the unknown field {unknown[0]!r}; {choices(list(Ticket.model_fields), unknown[0])}"
        return problem(where, named, "ticket.unknown-field", what)
    try:
        ticket = Ticket.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        return problem(where, named, "ticket.bad-field", f"its field {field!r}: {first['msg']}")
    return _bounded(ticket, rules, where, seen)


def _bounded(ticket: Ticket, rules: TicketRules, where: Location, seen: set[str] | None) -> Ticket | DeskProblem:
    if not ticket.body.strip() and not ticket.subject.strip():
        return problem(where, ticket.id, "ticket.empty", "its subject and its body are empty")
    if not ticket.body.strip():
        return problem(where, ticket.id, "ticket.empty-body", "its body is empty")
    try:
        size = len(ticket.body.encode())
        (ticket.id + ticket.subject + (ticket.email or "") + (ticket.customer_id or "")).encode()
    except UnicodeEncodeError:
        return problem(where, ticket.id, "ticket.not-utf8", "it has half a surrogate pair, which is no character")
    if size > rules.max_body_bytes:
        what = f"its body has {size:,} bytes, more than {rules.max_body_bytes:,}"
        return problem(where, ticket.id, "ticket.too-large", what, "raise max_body_bytes in connectors/desk.yaml")
    if seen is not None:
        if ticket.id in seen:
            return problem(where, None, "ticket.duplicate-id", f"the id {ticket.id!r} stood before in this source")
        seen.add(ticket.id)
    return ticket


def problem(where: Location, ticket_id: str | None, code: str, what: str, fix: str = "") -> DeskProblem:
    """A record that is no ticket, with an error that names the ticket where it is known."""
    named = f"ticket {ticket_id!r}: " if ticket_id else "a ticket: "
    return DeskProblem(
        line=where.line, ticket_id=ticket_id, error=DataError(code, f"{named}{what}", fix=fix, where=where)
    )


def guess_id(raw: bytes) -> str | None:
    """The id in a line that does not parse, as far as one can see it."""
    found = _ID_AT.search(raw[:4096]) or _ID_AT.search(raw[-4096:])
    return found.group(1).decode("utf-8", "replace") if found else None
