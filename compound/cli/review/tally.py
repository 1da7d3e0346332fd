"""What a session decided, what was sent, and what waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from compound.cli.output import say, visible
from compound.cli.review.screen import outcome
from compound.errors import CompoundError

if TYPE_CHECKING:
    from compound.project import Decided, ReviewService, ReviewView


@dataclass(slots=True, kw_only=True)
class _Entry:
    review_id: str
    name: str
    action: str
    decided: Decided | None


class Tally:
    """The decisions of a session.

    Attributes:
        code: 1 if a decision is not carried out and does not wait for a person or a time, else 0.
    """

    def __init__(self, service: ReviewService, user: str) -> None:
        self._service = service
        self._user = user
        self._entries: list[_Entry] = []
        self._snoozed = 0
        self._undone = 0

    @property
    def code(self) -> int:
        """Exit code."""
        return int(any(one.decided is None or not one.decided.ok for one in self._entries))

    @property
    def last_undoable(self) -> str | None:
        """The review of the last decision that waits because it can be undone; None if there is none."""
        found = (one for one in reversed(self._entries) if one.decided is not None and one.decided.undo_until)
        return next((one.review_id for one in found), None)

    def add(self, view: ReviewView, decided: Decided) -> None:
        """Note a decision."""
        self._entries.append(_Entry(review_id=view.review_id, name=_name(view), action=decided.action, decided=decided))

    @contextmanager
    def deciding(self, view: ReviewView, action: str) -> Generator[None]:
        """Note a decision that was stored and not carried out, because the session was ended meanwhile."""
        try:
            yield
        except CompoundError:
            raise
        except BaseException:
            if self._service.queue.show(view.review_id).status == "decided":
                self._entries.append(_Entry(review_id=view.review_id, name=_name(view), action=action, decided=None))
            raise

    def undone(self, review_id: str) -> None:
        """Note that a decision was undone."""
        self._entries = [one for one in self._entries if one.review_id != review_id]
        self._undone += 1

    def snoozed(self, _view: ReviewView) -> None:
        """Note a review that was put aside."""
        self._snoozed += 1

    def settle(self) -> None:
        """Carry out decisions of the session whose time to undo is over."""
        for one in self._entries:
            waits = one.decided
            if waits is None or not waits.undo_until:
                continue
            try:
                if self._service.queue.undo_until(waits.decision_id) is None:
                    one.decided = self._service.resume(one.review_id)
                    say(visible(f"{one.name}: {outcome(one.decided)}"))
            except CompoundError:
                one.decided = None  # a server carries it out, or `compound review resume` does

    def left(self, queues: Sequence[str], ready: bool | None, without: Collection[str]) -> str:
        """How many reviews wait, the shown one included."""
        from compound.review import ReviewFilter, Status

        open_ = (Status.PENDING, Status.IN_REVIEW, Status.AWAITING_SECOND)
        where = ReviewFilter(statuses=open_, queues=tuple(queues), ready=ready)
        stale = replace(where, statuses=(Status.STALE,))
        found = self._service.queue.tally({"open": where, "stale": stale})
        skipped = f", {len(without)} skipped" if without else ""
        out_of_date = f", {found['stale']} out of date (compound review list --status stale)" if found["stale"] else ""
        return f"{found['open']} open{out_of_date}{skipped}"

    def say(self, *, queues: Sequence[str], ready: bool | None) -> None:
        """Print what was decided, what was sent, and what waits."""
        say("")
        told = Counter(one.action for one in self._entries)
        parts = [f"{number} {action}" for action, number in told.items()]
        parts += [f"{self._undone} undone"] if self._undone else []
        parts += [f"{self._snoozed} snoozed"] if self._snoozed else []
        say(f"decided {len(self._entries)}{': ' if parts else ''}{', '.join(parts)}")
        for one in self._entries:
            if one.decided is None:
                say(visible(f"  {one.name}: {one.action} is stored; to carry it out: {_resume(one)}"))
                continue
            say(visible(f"  {one.name}: {outcome(one.decided)}"))
            if not one.decided.ok and not one.decided.is_back:
                say(f"    {_resume(one)}")
        if any(one.decided is not None and one.decided.undo_until for one in self._entries):
            say("to carry out what can still be undone, when its time is over: compound review sweep")
        say(f"waits: {self.left(queues, ready, ())}")


def _resume(one: _Entry) -> str:
    return f"compound review resume {one.review_id[:10]}"


def _name(view: ReviewView) -> str:
    return f"{view.name or view.review_id[:10]} {view.title}".strip()
