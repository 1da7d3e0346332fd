"""The mailbox: reads items, sends each reply once."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, cast

import anyio
import orjson

from compound.connector.mailbox.replies import Sent, SentFolder
from compound.connector.mailbox.sources import Entry, Row, read_items, read_rows
from compound.connector.state.owner import host_name
from compound.connector.target import (
    DeliveryClass,
    EffectCall,
    EffectGroup,
    EffectOutcome,
    Foreseen,
    ForeseenMessage,
    TargetSetup,
)
from compound.errors import CompoundError, ConnectorError, DataError, EffectRefused
from compound.spec.mailbox_file import MailboxFile

if TYPE_CHECKING:
    from pydantic import JsonValue


Said: TypeAlias = tuple[Literal["reply", "transfer"], str | None, str]
"""Kind (reply or transfer), item id and text."""


class MailboxTransaction:
    """The transaction of effect functions: each sends one message; messages are sent after the whole group ran."""

    def __init__(self) -> None:
        self.said: Said | None = None

    def reply(self, item_id: str, text: str) -> JsonValue:
        """Reply to the sender of an item.

        Raises:
            EffectRefused: `effect.empty-reply`: the text is empty.
        """
        if not text.strip():
            raise EffectRefused("effect.empty-reply", f"the reply to item {item_id!r} is empty")
        return self._say("reply", item_id, text)

    def transfer(self, summary: str, *, item_id: str | None = None) -> JsonValue:
        """Transfer the item to a person.

        Args:
            summary: Summary for the person.
            item_id: The item, if any.

        Raises:
            EffectRefused: `effect.empty-reply`.
        """
        if not summary.strip():
            raise EffectRefused("effect.empty-reply", "the summary of the transfer is empty")
        return self._say("transfer", item_id, summary)

    def _say(self, kind: Literal["reply", "transfer"], item_id: str | None, text: str) -> JsonValue:
        if self.said is not None:
            raise EffectRefused("effect.two-messages", "an effect can send only one message")
        self.said = (kind, item_id, text)
        return {"sent": kind, "item_id": item_id}


class MailboxPerformer(Protocol):
    """The interface of effects for a mailbox: `compound.effect.Effect` is one."""

    def perform(self, tx: MailboxTransaction, args: Mapping[str, JsonValue]) -> JsonValue:
        """Send a message through `tx`, or raise `EffectRefused`."""
        ...


class Mailbox:
    """Items in, replies out. An effect target of class A: a key is sent only once.

    Args:
        folder: Folder of this profile's mailbox; created with the first message.
        file: Its declaration; default: all defaults.
        effects: Finds an effect by name; only used by `perform`.
        clock: UTC seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        file: MailboxFile | None = None,
        *,
        effects: Callable[[str], MailboxPerformer] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self.place: str | None = f"{host_name()}:{folder.absolute()}"
        self._file = file or MailboxFile()
        self._effects = effects
        self._clock = clock
        self._sent = SentFolder(folder / self._file.replies)

    @property
    def delivery_class(self) -> DeliveryClass:
        """A: a key is sent only once."""
        return "A"

    def close(self) -> None:
        """Nothing stays open."""

    def items(self, source: Path) -> Iterator[Entry]:
        """Every item of a source; see `read_items`."""
        return read_items(source, self._file.items)

    def rows(self, source: Path, columns: frozenset[str]) -> Iterator[Row]:
        """Every item of a source, with its further columns; see `read_rows`."""
        return read_rows(source, self._file.items, columns)

    @staticmethod
    def takes(fields: Collection[str]) -> bool:
        """Whether a record with these fields is an item: it has an id and a text."""
        return "id" in fields and bool({"body", "html"} & set(fields))

    def replies(self) -> Iterator[Sent]:
        """All sent messages, oldest first."""
        return iter(self._sent)

    def sent(self, effect_key: str) -> Sent | None:
        """What an effect sent; None when it has not happened."""
        return self._sent.sent(effect_key)

    def empty(self, run_ids: Collection[str], *, now: float) -> int:
        """Delete the texts that these runs sent; the messages stay marked as sent. Returns the count."""
        return self._sent.empty(run_ids, now=now)

    def export(self, path: Path) -> int:
        """Write all sent messages as JSONL, atomically; returns the number of lines."""
        lines = [orjson.dumps(asdict(sent)) + b"\n" for sent in self.replies()]
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_bytes(b"".join(lines))
        temporary.replace(path)
        return len(lines)

    def rehearse(self, effects: Sequence[EffectCall], expected: Mapping[str, int]) -> None:
        """Run effects without sending anything. See `RehearsingTarget.rehearse`."""
        del expected
        for call in effects:
            self._say(call)

    def foresee(self, effects: Sequence[EffectCall]) -> Sequence[Foreseen]:
        """The messages that effects would send. See `ForeseeingTarget.foresee`."""
        found: list[Foreseen] = []
        for call in effects:
            try:
                (kind, item_id, text), _ = self._say(call)
            except CompoundError as error:
                found.append(Foreseen(problem=error.what))
            else:
                found.append(Foreseen(messages=(ForeseenMessage(kind=kind, to=item_id or "", text=text),)))
        return found

    async def perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        """Send the messages of a group of effects. See `EffectTarget.perform`.

        All effects run before anything is stored, so a refusal sends nothing. Row versions belong to record stores and
        are not compared here. After a crash, the rest is sent when the group is delivered again.

        Raises:
            EffectRefused: Nothing was sent.
            ConnectorError: `mailbox.*`: a disk error.
        """
        return await anyio.to_thread.run_sync(self._perform, group)

    def _perform(self, group: EffectGroup) -> Sequence[EffectOutcome]:
        stored = {call.key: self._sent.find(call.key) for call in group.effects}
        spoken = {call.key: self._speak(call, group) for call in group.effects if stored[call.key] is None}
        for key, record in spoken.items():
            stored[key] = self._sent.store(key, record)
        return [
            EffectOutcome(key=key, status="sent", result=record["result"] if record else None)
            for key, record in stored.items()
        ]

    def _speak(self, call: EffectCall, group: EffectGroup) -> Mapping[str, JsonValue]:
        (kind, item_id, text), result = self._say(call)
        sent = Sent(
            effect_key=call.key,
            kind=kind,
            item_id=item_id,
            text=text,
            decision_id=group.decision_id,
            run_id=group.run_id,
            sent_at=self._clock(),
        )
        return {"sent": cast("JsonValue", asdict(sent)), "result": result}

    def _say(self, call: EffectCall) -> tuple[Said, JsonValue]:
        if self._effects is None:
            raise ConnectorError("mailbox.no-effects", "this mailbox was opened without effects")
        tx = MailboxTransaction()
        try:
            result = self._effects(call.name).perform(tx, call.arguments)
        except DataError as error:
            raise EffectRefused(error.code, error.what, fix=error.fix) from error
        if tx.said is None:
            raise EffectRefused("effect.no-message", f"effect {call.name!r} sent nothing")
        return tx.said, result


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSetup(TargetSetup):
    """Setup of a mailbox.

    Attributes:
        file: Its declaration.
    """

    file: MailboxFile


def open_target(setup: MailboxSetup) -> Mailbox:
    """Open a mailbox with the project's effects."""
    return Mailbox(setup.folder, setup.file, effects=setup.effects)
