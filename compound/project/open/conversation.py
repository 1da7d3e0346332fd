"""The conversation of an item of a mailbox: the customer's messages, the decisions about them, and their effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import JsonValue
from typing_extensions import TypedDict

from compound.connector.state.messages import conversation_of_ref
from compound.project.open.letters import letter_of
from compound.project.view.times import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from compound.connector.state.messages import IncomingMessage
    from compound.effect.types import EffectResult
    from compound.project.open.stores import Stores
    from compound.review.stored.types import Decision

_TEXTS: Final = ("body", "html")


class ConversationEffect(TypedDict):
    """An effect of a decision, and its status (`sent`, `refused`, `failed`, ...)."""

    name: str
    target: str
    arguments: dict[str, JsonValue]
    outcome: str


class ConversationEntry(TypedDict):
    """A message of the customer, or a decision about one."""

    who: Literal["customer", "us"]
    item_id: str
    at: str
    subject: str
    text: str
    action: str
    decided_by: str
    reason: str
    effects: list[ConversationEffect]


def rows_only(refs: Mapping[str, int]) -> dict[str, int]:
    """The rows among the sources of a draft: the references that targets of effects know."""
    return {ref: version for ref, version in refs.items() if conversation_of_ref(ref) is None}


def conversation_of(stores: Stores, mailbox: str, item_id: str, *, but_run: str = "") -> list[ConversationEntry]:
    """The conversation of an item, without the item itself, oldest first.

    Includes every other message of its thread that has arrived, and the decisions and effects of all of them and of
    the item itself. Empty for an unknown item, and for the first of a thread.

    Args:
        stores: The opened project.
        mailbox: The mailbox of the item.
        item_id: The item.
        but_run: A run whose decisions and effects are left out.
    """
    from compound.connector.state.messages import Messages

    messages = Messages(stores.state)
    known = messages.of_item(mailbox, item_id)
    entries = [(one.arrived_at, _message(one)) for one in known if one.item_id != item_id and one.pruned_at is None]
    arrived = {one.item_id: one.arrived_at for one in known}
    ours = _Ours(stores)
    for run_id, of_item in messages.runs(mailbox, list(arrived)) if known else ():
        entries += ours.of_run(run_id, of_item, arrived[of_item]) if run_id != but_run else ()
    return [entry for _, entry in sorted(entries, key=lambda one: one[0])]


def _text(words: Mapping[str, str]) -> list[str]:
    return next(([words[name]] for name in _TEXTS if words.get(name, "").strip()), [])


def _message(one: IncomingMessage) -> ConversationEntry:
    """A message of the customer, or the answer of a colleague who wrote it in the help desk."""
    words = {name: value for name, value in one.words.items() if isinstance(value, str)}
    return ConversationEntry(
        who="us" if words.get("by") else "customer",
        item_id=one.item_id,
        at=words.get("received_at") or moment(one.arrived_at),
        subject=words.get("subject", ""),
        text="\n\n".join([*_text(words), *([f"Attached: {words['attached']}"] if words.get("attached") else [])]),
        action="",
        decided_by=words.get("by", ""),
        reason="",
        effects=[],
    )


class _Ours:
    """Decisions and effects of runs, from the queue and the outbox."""

    def __init__(self, stores: Stores) -> None:
        from compound.effect.outbox import Outbox
        from compound.review.queue.queue import ReviewQueue

        self._stores = stores
        self._queue = ReviewQueue(stores.state, clock=stores.clock)
        self._outbox = Outbox(stores.state, clock=stores.clock)

    def of_run(self, run_id: str, item_id: str, arrived_at: float) -> Iterator[tuple[float, ConversationEntry]]:
        """One entry for each decision that stands or acted, and for effects that needed no decision."""
        decisions, standing = self._decisions(run_id)
        effects: dict[str, list[EffectResult]] = {one: [] for one in standing}
        for effect in self._outbox.for_run(run_id):
            is_nothing = effect.status.value == "refused" and effect.decision_id not in standing
            if effect.status.value != "cancelled" and not is_nothing:
                effects.setdefault(effect.decision_id, []).append(effect)
        for decision_id, done in effects.items():
            decision = decisions.get(decision_id)
            times = [one.sent_at for one in done if one.sent_at is not None]
            at = decision.decided_at if decision is not None else min(times, default=arrived_at)
            yield at, self._entry(item_id, at, decision, done)

    def _decisions(self, run_id: str) -> tuple[dict[str, Decision], list[str]]:
        """All decisions of a run by id, and those that stand."""
        from compound.review import ReviewFilter

        found: dict[str, Decision] = {}
        standing: list[str] = []
        for item in self._queue.list(ReviewFilter(run_id=run_id)):
            own = self._queue.decisions(item.review_id)
            found |= {one.decision_id: one for one in own}
            if item.status == "decided" and own and own[-1].final and own[-1].action != "return":
                standing.append(own[-1].decision_id)
        return found, standing

    def _entry(
        self, item_id: str, at: float, decision: Decision | None, done: Sequence[EffectResult]
    ) -> ConversationEntry:
        texts = [text for one in done if one.status.value == "sent" and (text := self._written(one))]
        return ConversationEntry(
            who="us",
            item_id=item_id,
            at=moment(at),
            subject="",
            text="\n\n".join(texts),
            action="" if decision is None else decision.action,
            decided_by="" if decision is None else decision.actor,
            reason="" if decision is None else decision.reason or "",
            effects=[
                ConversationEffect(
                    name=one.call.name,
                    target=one.call.target,
                    arguments=dict(one.call.arguments),
                    outcome=one.status.value,
                )
                for one in done
            ],
        )

    def _written(self, one: EffectResult) -> str:
        """The text that an effect sent to the customer: a message from the mailbox, or the text for a recipient."""
        call = one.call
        if call.target in self._stores.target_files.mailboxes:
            sent = self._stores.mailboxes[call.target].sent(call.key)
            if sent is not None:
                return sent.text if sent.kind == "reply" else ""
        return letter_of(self._stores.parts.effects.get(call.name), call.arguments)
