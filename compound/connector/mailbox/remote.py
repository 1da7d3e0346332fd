"""A mailbox at a service: items are conversations that wait for an answer, replies are sent there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

import anyio

from compound.connector.mailbox.item import MailboxProblem, make_item, problem
from compound.connector.mailbox.mailbox import Mailbox, MailboxPerformer
from compound.connector.mailbox.service import MailMessage, MailService, MailThread, ThreadChanged
from compound.connector.mailbox.sources import Row
from compound.connector.target import DeliveryClass, EffectCall, EffectGroup, EffectOutcome
from compound.errors import ConnectorError, EffectInDoubt, EffectRefused, Location

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.spec.mailbox_file import MailboxFile

_CONFLICTS: Final = 5
"""How often an answer is written again after other changes of its conversation."""
_FRESH_S: Final = 2.0
"""How long a conversation that was just read is not read again for a page."""


class Correspondence(Protocol):
    """What the project knows of conversations."""

    def note(self, mailbox: str, thread: MailThread) -> None:
        """Store the messages of a conversation that are not known yet."""
        ...

    def outdated(self, mailbox: str, run_id: str) -> str:
        """The messages that a run's draft does not know, in words; empty if it knows all."""
        ...


class RemoteMailbox(Mailbox):
    """Conversations in, answers out.

    Args:
        name: Name of the mailbox in the project.
        service: Opens the account or help desk; called when it is first needed.
        folder: Folder for copies of what was sent.
        file: The declaration of the mailbox.
        effects: Finds an effect by name.
        known: What the project knows of conversations; None: drafts are not compared with newer messages.
        clock: UTC seconds since 1970.
    """

    def __init__(  # noqa: PLR0913
        self,
        name: str,
        service: Callable[[], MailService],
        folder: Path,
        file: MailboxFile | None = None,
        *,
        effects: Callable[[str], MailboxPerformer] | None = None,
        known: Correspondence | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(folder, file, effects=effects, clock=clock)
        self.place = None  # deliveries are recorded at the service, for every host
        self.name = name
        self._open_service = service
        self._known = known
        self._read_at: dict[str, float] = {}

    @cached_property
    def _service(self) -> MailService:
        return self._open_service()

    @property
    def delivery_class(self) -> DeliveryClass:
        """The guarantee of the service."""
        return self._service.delivery_class

    def close(self) -> None:
        """Close connections."""
        if "_service" in self.__dict__:
            self._service.close()

    def rows(self, source: Path, columns: frozenset[str]) -> Iterator[Row]:
        """The newest message of each conversation that waits for an answer, with the fields that `columns` names.

        Args:
            source: Not used: the service is the source.
            columns: Fields that the graph declares; the others are left out.
        """
        del source
        for place, thread in enumerate(self._service.waiting(), 1):
            newest = thread.newest
            if newest is None:
                continue
            where = Location(self.name, place)
            if newest.problem is not None:
                yield problem(where, newest.id, newest.problem[0], newest.problem[1]), {}, None
                continue
            entry = make_item(_record(newest, thread), self._file.items, where)
            if not isinstance(entry, MailboxProblem):
                self.note(thread)
                kept = {"id", "body", "thread", *columns}
                entry = entry.model_copy(update={name: None for name in type(entry).model_fields if name not in kept})
            yield entry, {}, where

    def note(self, thread: MailThread) -> None:
        """Store the messages of a conversation that the project does not know yet."""
        if self._known is not None:
            self._known.note(self.name, thread)

    def refresh(self, item_id: str) -> None:
        """Read the conversation of an item, and store its new messages.

        Raises:
            ConnectorError: `mailbox.*`: the service cannot be read, so it is not known whether the draft is up to date.
        """
        now = time.monotonic()
        if now - self._read_at.get(item_id, -_FRESH_S) < _FRESH_S:
            return  # open pages ask often; what is sent is compared again in any case
        self._read_at[item_id] = now
        thread = self._service.thread(item_id)
        if thread is not None:
            self.note(thread)

    async def find(self, group: EffectGroup) -> Sequence[EffectOutcome] | None:
        """Find out whether the messages of a group were sent. See `LookupTarget.find`.

        Raises:
            EffectInDoubt: It cannot be determined.
            ConnectorError: `mailbox.*`: not now.
        """
        return await anyio.to_thread.run_sync(self._find, group)

    def _find(self, group: EffectGroup) -> Sequence[EffectOutcome] | None:
        found = [self._looked_up(call, group) for call in group.effects]
        return None if None in found else cast("Sequence[EffectOutcome]", found)

    def _looked_up(self, call: EffectCall, group: EffectGroup) -> EffectOutcome | None:
        (_, item_id, _), result = self._say(call)
        found = self._service.find(item_id or "", call.key)
        if found is False and self._service.settle_s:
            time.sleep(self._service.settle_s)
            found = self._service.find(item_id or "", call.key)
        if found is None:
            what = f"the message of {call.name} may have been sent: the connection broke while it was handed over"
            fix = f"look into the mailbox, then: compound effects reconcile {call.key[:12]}"
            raise EffectInDoubt("mailbox.in-doubt", what, fix=fix)
        return self._done(call, group, result) if found else None

    def _perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        said = [self._say(call) for call in group.effects]  # a refusal of one sends none
        threads = [self._required(item_id) for (_, item_id, _), _ in said]
        outcomes: list[EffectOutcome] = []
        for call, ((_, item_id, _), result), thread in zip(group.effects, said, threads, strict=True):
            if not self._service.find(item_id or "", call.key):
                self._send(call, group, thread)
            outcomes.append(self._done(call, group, result))
        return outcomes

    def _send(self, call: EffectCall, group: EffectGroup, thread: MailThread) -> None:
        (kind, item_id, text), _ = self._say(call)
        for _ in range(_CONFLICTS):
            self._require_fresh(group, thread)
            try:
                self._service.send(thread, item_id or "", call.key, text, kind=kind)
            except ThreadChanged:
                thread = self._required(item_id)
                if self._service.find(item_id or "", call.key):
                    return  # the change is our own earlier attempt
                continue
            return
        what = f"the conversation of {item_id} changed {_CONFLICTS} times while it was answered"
        raise ConnectorError("mailbox.busy", what, fix="compound review sweep delivers it")

    def _require_fresh(self, group: EffectGroup, thread: MailThread) -> None:
        if self._known is None:
            return
        self._known.note(self.name, thread)
        if came := self._known.outdated(self.name, group.run_id):
            fix = "draft the review again, then decide: compound review redraft"
            raise EffectRefused("effect.stale", f"it was decided before {came}", fix=fix)

    def _thread(self, item_id: str | None) -> MailThread | None:
        return None if item_id is None else self._service.thread(item_id)

    def _required(self, item_id: str | None) -> MailThread:
        thread = self._thread(item_id)
        if thread is None:
            what = f"mailbox {self.name!r} has no message {item_id!r}" if item_id else "the transfer names no item"
            fix = "answer an item that is still there: tx.reply(item.id, text), tx.transfer(text, item_id=item.id)"
            raise EffectRefused("effect.no-item", what, fix=fix)
        if not thread.is_open:
            what = f"the conversation of {item_id} is closed"
            raise EffectRefused("effect.no-item", what, fix="answer it in the help desk, in a new conversation")
        return thread

    def _done(self, call: EffectCall, group: EffectGroup, result: JsonValue) -> EffectOutcome:
        """The outcome; a copy is kept for `replies`, `export` and the conversation."""
        if self._sent.find(call.key) is None:
            self._sent.store(call.key, self._speak(call, group))
        return EffectOutcome(key=call.key, status="sent", result=result)


def _record(message: MailMessage, thread: MailThread) -> Mapping[str, JsonValue]:
    record: dict[str, JsonValue] = {
        "id": message.id,
        "subject": message.subject,
        "body": message.body,
        "html": message.html or None,
        "customer_id": message.customer_id or None,
        "email": message.email or None,
        "channel": message.channel or None,
        "received_at": message.at or None,
        "thread": thread.id,
        "attachments": cast("JsonValue", list(message.attachments)) or None,
    }
    return record
