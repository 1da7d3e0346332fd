"""Conversations: the messages of a mailbox in the order in which they arrived, and the runs that answer them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from compound.connector.state.store import StateStore
from compound.connector.state.tables import message as _MESSAGE
from compound.connector.state.tables import message_run as _RUN

if TYPE_CHECKING:
    from pydantic import JsonValue
    from sqlalchemy.engine import Connection

_SENDER: Final = ("email", "customer_id")
_KEPT: Final = ("email", "customer_id", "attached")
_REF: Final = "conversation of "


def conversation_ref(mailbox: str, item_id: str) -> str:
    """The reference from a review to the conversation that it was drafted from."""
    return f"{_REF}{mailbox}/{item_id}"


def conversation_of_ref(ref: str) -> tuple[str, str] | None:
    """The mailbox and the item of a conversation reference; None for a row."""
    if not ref.startswith(_REF):
        return None
    mailbox, _, item_id = ref.removeprefix(_REF).partition("/")
    return mailbox, item_id


def _nothing() -> Mapping[str, JsonValue]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message as its source has it.

    Attributes:
        mailbox: The mailbox it came to.
        item_id: The message's own id.
        thread: What the source calls its conversation; empty where it says nothing.
        in_reply_to: The id of the message that it answers; empty where the source says none.
        words: `subject`, `body`, `html`, `email`, `customer_id`, `received_at`, as far as they are known; `attached`
            names files; `by` is who of the support team wrote it, without Compound.
    """

    mailbox: str
    item_id: str
    thread: str = ""
    in_reply_to: str = ""
    words: Mapping[str, JsonValue] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """A message that arrived.

    Attributes:
        place: Its place among the messages of its conversation, from 1.
        words: As for `Arrival`; empty once they were removed.
        arrived_at: UTC seconds.
    """

    item_id: str
    place: int
    words: Mapping[str, JsonValue]
    arrived_at: float
    pruned_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """Where a run stands in its conversation.

    Attributes:
        seen: Messages that the conversation had when the run was drafted.
    """

    mailbox: str
    item_id: str
    seen: int


class Messages:
    """The conversations of a state store. Any number of processes may use it.

    Args:
        store: The state store.
    """

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def arrive(self, arrival: Arrival, run_id: str, *, now: float) -> Arrived:
        """Note a message and the run that answers it; idempotent in both.

        Args:
            arrival: The message. One that is known keeps its conversation and its place; a new run of it has the words
                of now.
            run_id: The run.
            now: UTC seconds.
        """
        thread = self.thread_of(arrival)
        with self._store.write(durable=False) as db:
            _hold(db, arrival.mailbox, thread)
            place = self._place(db, arrival)
            if place is None:
                self._insert(db, arrival, thread, now=now)
            count = _count(db, arrival.mailbox, arrival.item_id)
            known = db.execute(sa.select(_RUN.c.seen).where(_RUN.c.run_id == run_id)).scalar_one_or_none()
            if known is None:
                if place is not None:
                    self._correct(db, arrival)
                names = {"run_id": run_id, "mailbox": arrival.mailbox, "item_id": arrival.item_id}
                db.execute(sa.insert(_RUN).values(**names, seen=count, created_at=now))
        return Arrived(mailbox=arrival.mailbox, item_id=arrival.item_id, seen=count if known is None else known)

    def note(self, arrivals: Sequence[Arrival], *, now: float) -> None:
        """Note messages of one conversation that are not known yet; no run answers them so far.

        Args:
            arrivals: Of one mailbox and one thread, oldest first.
            now: UTC seconds.
        """
        known = self._threads(arrivals)
        if len(known) == len(arrivals):
            return
        # A message that is known keeps its conversation, also where the source has moved the others.
        thread = next(iter(known.values()), _hash(arrivals[0].thread))
        with self._store.write(durable=False) as db:
            _hold(db, arrivals[0].mailbox, thread)
            for arrival in arrivals:
                if self._place(db, arrival) is None:
                    self._insert(db, arrival, thread, now=now)

    def _threads(self, arrivals: Sequence[Arrival]) -> dict[str, str]:
        ids = [one.item_id for one in arrivals]
        query = sa.select(_MESSAGE.c.item_id, _MESSAGE.c.thread).where(
            _MESSAGE.c.mailbox == (arrivals[0].mailbox if arrivals else ""), _MESSAGE.c.item_id.in_(ids)
        )
        with self._store.read() as db:
            return {row.item_id: row.thread for row in db.execute(query.order_by(_MESSAGE.c.place))}

    def thread_of(self, arrival: Arrival) -> str:
        """The conversation of a message, as a hash: the one that its source names, or that of what it answers.

        A message that says neither begins one, under its own id. `in_reply_to` can be written by anybody who writes
        an e-mail: it does not lead into the conversation of another sender.
        """
        if arrival.thread:
            return _hash(arrival.thread)
        if not arrival.in_reply_to:
            return _hash(arrival.item_id)
        answered = self._answered(arrival)
        if answered is None:
            return _hash(arrival.in_reply_to)
        thread, words = answered
        return thread if _may_be_one(arrival.words, words) else _hash(arrival.item_id)

    def _answered(self, arrival: Arrival) -> tuple[str, Mapping[str, JsonValue]] | None:
        query = sa.select(_MESSAGE.c.thread, _MESSAGE.c.words).where(
            _MESSAGE.c.mailbox == arrival.mailbox, _MESSAGE.c.item_id == arrival.in_reply_to
        )
        with self._store.read() as db:
            row = db.execute(query).first()
        return None if row is None else (row.thread, row.words)

    def _place(self, db: Connection, arrival: Arrival) -> int | None:
        query = sa.select(_MESSAGE.c.place).where(
            _MESSAGE.c.mailbox == arrival.mailbox, _MESSAGE.c.item_id == arrival.item_id
        )
        return db.execute(query).scalar_one_or_none()

    def _insert(self, db: Connection, arrival: Arrival, thread: str, *, now: float) -> None:
        newest = sa.select(sa.func.max(_MESSAGE.c.place)).where(
            _MESSAGE.c.mailbox == arrival.mailbox, _MESSAGE.c.thread == thread
        )
        db.execute(
            sa.insert(_MESSAGE).values(
                mailbox=arrival.mailbox,
                item_id=arrival.item_id,
                thread=thread,
                place=(db.execute(newest).scalar() or 0) + 1,
                words=dict(arrival.words),
                arrived_at=now,
            )
        )

    def _correct(self, db: Connection, arrival: Arrival) -> None:
        same = (_MESSAGE.c.mailbox == arrival.mailbox) & (_MESSAGE.c.item_id == arrival.item_id)
        known: Mapping[str, JsonValue] = db.execute(sa.select(_MESSAGE.c.words).where(same)).scalar_one()
        # What the source said of it and its graph does not read stays: who wrote it, what was attached.
        kept = {name: known[name] for name in _KEPT if name in known}
        db.execute(sa.update(_MESSAGE).where(same).values(words={**kept, **arrival.words}, pruned_at=None))

    def see(self, run_id: str) -> None:
        """The run is drafted again: it sees every message that its conversation has now."""
        with self._store.write(durable=False) as db:
            row = db.execute(sa.select(_RUN.c.mailbox, _RUN.c.item_id).where(_RUN.c.run_id == run_id)).first()
            if row is not None:
                count = _count(db, row.mailbox, row.item_id)
                db.execute(sa.update(_RUN).where(_RUN.c.run_id == run_id).values(seen=count))

    def of_run(self, run_id: str) -> Arrived | None:
        """Which message a run answers; None for a run that answers none."""
        query = sa.select(_RUN.c.mailbox, _RUN.c.item_id, _RUN.c.seen).where(_RUN.c.run_id == run_id)
        with self._store.read() as db:
            row = db.execute(query).first()
        return None if row is None else Arrived(mailbox=row.mailbox, item_id=row.item_id, seen=row.seen)

    def of_item(self, mailbox: str, item_id: str) -> list[IncomingMessage]:
        """Every message of the conversation of a message, itself too, in the order in which they arrived."""
        with self._store.read() as db:
            return _messages(db, mailbox, item_id)

    def named(self, item_id: str, thread: str) -> list[str]:
        """Ids of the messages of the conversations of a message, or of this name, in every mailbox; none if unknown."""
        row, conversations = _MESSAGE.c, list[sa.ColumnElement[bool]]()
        if thread:
            conversations.append(row.thread == _hash(thread))
        if item_id:
            threads = sa.select(row.mailbox, row.thread).where(row.item_id == item_id)
            conversations.append(sa.tuple_(row.mailbox, row.thread).in_(threads))
        if not conversations:
            return []
        with self._store.read() as db:
            return list(db.execute(sa.select(row.item_id).where(sa.or_(*conversations)).distinct()).scalars())

    def count(self, mailbox: str, item_id: str) -> int:
        """How many messages its conversation has now; 0 for a message that is not known."""
        with self._store.read() as db:
            return _count(db, mailbox, item_id)

    def runs(self, mailbox: str, item_ids: Collection[str]) -> list[tuple[str, str]]:
        """Runs that answer these messages, each with its message, oldest first."""
        query = sa.select(_RUN.c.run_id, _RUN.c.item_id).where(_RUN.c.mailbox == mailbox, _RUN.c.item_id.in_(item_ids))
        with self._store.read() as db:
            return [(row.run_id, row.item_id) for row in db.execute(query.order_by(_RUN.c.created_at, _RUN.c.run_id))]


def newer(db: Connection, refs: Mapping[str, int]) -> str:
    """The messages that arrived since a draft was made, in words; empty if there are none.

    No message of these conversations can arrive until the transaction ends.

    Args:
        db: A connection from `StateStore.write`.
        refs: What the draft was made from: a conversation's reference to its number of messages at that time.
    """
    said: list[str] = []
    for ref, seen in refs.items():
        if (named := conversation_of_ref(ref)) is None:
            continue
        mailbox, item_id = named
        thread = db.execute(sa.select(_thread(mailbox, item_id))).scalar()
        if thread is None:
            continue
        _hold(db, mailbox, thread)
        if _count(db, mailbox, item_id) != seen:
            said.append(newer_in_words(item_id, seen, _messages(db, mailbox, item_id)))
    return "; ".join(said)


def newer_in_words(item_id: str, seen: int, messages: Sequence[IncomingMessage]) -> str:
    """The messages of an item's conversation after the first `seen`, for people."""
    later = [one for one in messages if one.place > seen and one.item_id != item_id]
    ours = [one for one in later if one.words.get("by")]
    theirs = [one for one in later if not one.words.get("by")]
    said = [f"{'new messages' if len(theirs) > 1 else 'a new message'} of the customer"] if theirs else []
    said += [f"an answer of {' and '.join(sorted({str(one.words['by']) for one in ours}))}"] if ours else []
    ids = ", ".join(f"{one.item_id} ({_moment(one.arrived_at)})" for one in later)
    return f"{' and '.join(said)} in the conversation of {item_id}: {ids}"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _messages(db: Connection, mailbox: str, item_id: str) -> list[IncomingMessage]:
    query = sa.select(_MESSAGE).where(_MESSAGE.c.mailbox == mailbox, _MESSAGE.c.thread == _thread(mailbox, item_id))
    return [
        IncomingMessage(
            item_id=row.item_id,
            place=row.place,
            words=row.words,
            arrived_at=row.arrived_at,
            pruned_at=row.pruned_at,
        )
        for row in db.execute(query.order_by(_MESSAGE.c.place))
    ]


def _hash(thread: str) -> str:
    return hashlib.sha256(thread.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _thread(mailbox: str, item_id: str) -> sa.ScalarSelect[str]:
    own = _MESSAGE.alias("own")
    return sa.select(own.c.thread).where(own.c.mailbox == mailbox, own.c.item_id == item_id).scalar_subquery()


def _count(db: Connection, mailbox: str, item_id: str) -> int:
    query = sa.select(sa.func.count()).select_from(_MESSAGE)
    found = db.execute(query.where(_MESSAGE.c.mailbox == mailbox, _MESSAGE.c.thread == _thread(mailbox, item_id)))
    return found.scalar_one()


def _hold(db: Connection, mailbox: str, thread: str) -> None:
    """Until the transaction ends no other message of the conversation arrives. SQLite has one writer anyway."""
    if db.dialect.name == "postgresql":
        key = sa.func.hashtextextended(f"message/{mailbox}/{thread}", 0)
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _may_be_one(words: Mapping[str, JsonValue], others: Mapping[str, JsonValue]) -> bool:
    """Nothing says that two messages have different senders."""
    return all(_said(words, name) in ("", _said(others, name)) or not _said(others, name) for name in _SENDER)


def _said(words: Mapping[str, JsonValue], name: str) -> str:
    return str(words.get(name) or "").strip().lower()
