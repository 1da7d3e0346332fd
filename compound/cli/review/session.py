"""A session of a person who decides one review after another at a terminal, on the same service as the page."""

from __future__ import annotations

import errno
import signal
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NoReturn

from compound.cli.output import say, visible, wrapped
from compound.cli.review.claims import lines_of, unsupported
from compound.cli.review.fields import BEAT_S, Fields, problems_of, told
from compound.cli.review.keyboard import END, Keyboard
from compound.cli.review.screen import keys_of, outcome, prompt_of, say_help, say_review
from compound.cli.review.tally import Tally
from compound.errors import CompoundError, ConflictError
from compound.review.decision.backend import LEASE_S
from compound.review.stored.offer import WITHOUT_EFFECTS

if TYPE_CHECKING:
    from types import FrameType

    from pydantic import JsonValue

    from compound.project import Decided, ReviewService, ReviewView

_HOLDS: Final = frozenset({"pending", "in_review", "awaiting_second"})


_NO_TERMINAL: Final = (errno.EIO, errno.EPIPE)
_ENDS: Final = (signal.SIGTERM, signal.SIGHUP)


class _Moved(Exception):
    """The shown review changed: somebody decided or took it, or its draft or its rows are others."""


class _Next(Exception):
    """The session leaves the review."""


class _Quit(Exception):
    """The person ends the session, or the input is at its end."""


class _Closed(BaseException):
    """The terminal was closed, or the process is asked to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class WorkSession:
    """One review after another: shown, decided, done.

    Args:
        service: The reviews of the project.
        user: The person.
        queue: Only reviews of this queue; None: of every queue.
        ready: Only drafts whose `auto` rule holds, or does not hold; None: both.
    """

    def __init__(self, service: ReviewService, user: str, *, queue: str | None, ready: bool | None) -> None:
        self._service = service
        self._user = user
        self._queues = () if queue is None else (queue,)
        self._ready = ready
        self._keyboard = Keyboard(self._beat, every_s=BEAT_S)
        self._fields = Fields(service, user, self._keyboard, self._extended)
        self._view: ReviewView | None = None
        self._shown = ""
        self._last = ""
        self._again = ""
        self._left: set[str] = set()
        self.tally = Tally(service, user)

    def run(self) -> int:
        """Work until nothing is left or the person ends it; whatever happens, no review stays held.

        Returns:
            The exit code: 0; 1 if a decision could not be carried out; 130 after Ctrl+C; 128 and the number of the
            signal that ended it.
        """
        code = 0
        with _closing():
            try:
                while self._take():
                    self._work()
                say("no review waits" if not self._left else "nothing else waits")
            except _Quit:
                pass
            except KeyboardInterrupt:
                code = 130
            except _Closed as closed:
                code = 128 + closed.number
            except OSError as error:
                if error.errno not in _NO_TERMINAL:
                    raise
                code = 128 + signal.SIGHUP
            finally:
                _ignore()
                self._release()
        with suppress(OSError):  # a closed terminal takes no words
            self.tally.say(queues=self._queues, ready=self._ready)
        return code or self.tally.code

    def _take(self) -> bool:
        """Claim the review that comes next; False if none is left."""
        service = self._service
        self.tally.settle()
        service.sweep(goes_on=False)
        while True:
            following, self._again = self._again, ""
            following = following or service.queue.next_open(
                self._user, queues=self._queues, but=self._last, ready=self._ready, without=self._left
            )
            if following is None:
                return False
            try:
                is_stale = service.queue.show(following).status == "stale"  # it is drafted again before it is claimed
                self._view = (
                    service.show(following) if is_stale else service.claim(following, user=self._user, lease_s=LEASE_S)
                )
            except ConflictError:
                self._left.add(following)  # another person was faster
                continue
            self._last = following
            return True

    def _work(self) -> None:
        """Show the claimed review until the session leaves it."""
        try:
            while True:
                self._show()
                self._until_changed()
        except _Next:
            self._release()

    def _until_changed(self) -> None:
        """Take keys until the review has to be shown again."""
        keys = keys_of(self._now, may_undo=self.tally.last_undoable is not None)
        while True:
            try:
                key = self._keyboard.key(f"{prompt_of(keys)}\n> ")
                if key == END:
                    raise _Quit
                if self._press(keys.get(key, ""), keys):
                    return
            except EOFError:
                raise _Quit from None
            except _Moved as moved:
                say(f"\n{moved}")
                return
            except CompoundError as error:
                say(visible(str(error)))
                if isinstance(error, ConflictError):
                    return

    @property
    def _now(self) -> ReviewView:
        assert self._view is not None
        return self._view

    def _show(self) -> None:
        service = self._service
        item = service.queue.check_stale(self._now.review_id)
        self._shown = item.draft_sha256
        view = self._view = service.show(item.review_id)
        if view.status not in (*_HOLDS, "stale"):
            say(f"review {view.review_id[:10]} is {view.status}{self._by()}")
            raise _Next
        if view.held_by not in ("", self._user):
            say(f"{view.held_by} holds review {view.review_id[:10]}")
            raise _Next
        said = [] if view.status in _HOLDS else [f"out of date: {view.stale}", "d drafts it again"]
        if view.status in _HOLDS and "approve" in view.offers:
            foreseen = service.foresee(view.review_id, "approve", user=self._user)
            said = [f"approve: {told(foreseen, view)}", *problems_of(foreseen)]
            said += lines_of(unsupported(service, view, foreseen))
        say_review(view, said, self.tally.left(self._queues, self._ready, self._left))

    def _by(self) -> str:
        decisions = self._service.queue.decisions(self._now.review_id)
        return f": {decisions[-1].action} by {decisions[-1].actor}" if decisions else ""

    def _press(self, name: str, keys: Mapping[str, str]) -> bool:  # noqa: C901 - one branch per key
        """Do what a key stands for; True if the review has to be shown again."""
        match name:
            case "":
                say("unknown key; ? lists the keys")
            case "help":
                say_help(keys)
            case "quit":
                raise _Quit
            case "skip":
                self._left.add(self._now.review_id)
                raise _Next
            case "undo":
                self._undo()
            case "redraft":
                self._redraft()
                return True
            case "snooze":
                self._snooze()
            case "return" | "escalate":
                self._pass_on(name)
            case "edit":
                if fields := self._fields.changed(self._now):
                    self._decide("edit", fields)
            case _:
                self._decide(name, self._fields.needed(self._now, name))
        return False

    def _redraft(self) -> None:
        review_id = self._now.review_id
        self._service.redraft(review_id, user=self._user)
        self._view = self._service.claim(review_id, user=self._user, lease_s=LEASE_S)

    def _pass_on(self, move: str) -> None:
        question = "what should be different? " if move == "return" else "a note for the next person: "
        note = self._asked(question)
        if note or move == "escalate":
            self._decide(move, reason="instruction" if move == "return" else "", note=note)
        say("without an instruction nothing is returned")

    def _decide(
        self, action: str, fields: Mapping[str, JsonValue] | None = None, *, reason: str = "", note: str = ""
    ) -> NoReturn:
        """Decide the shown version and carry it out; the session then goes on."""
        view = self._now
        self._beat()
        if action not in WITHOUT_EFFECTS and view.risk > 0:
            self._check(action, fields)
        with self.tally.deciding(view, action):
            decided = self._service.decide(
                view.review_id,
                action,
                user=self._user,
                version=self._now.version,
                fields=fields,
                reason=reason,
                note=note,
            )
        self._service.queue.desk.drop(view.review_id, self._user)
        self._told(view, decided)
        raise _Next

    def _check(self, action: str, fields: Mapping[str, JsonValue] | None) -> None:
        """Ask whether the person checked what the evidence does not say; the audit log keeps the answer.

        Raises:
            DataError: `review.unchecked`.
        """
        from compound.errors import DataError

        service, review_id = self._service, self._now.review_id
        foreseen = service.foresee(review_id, action, user=self._user, fields=fields)
        found = unsupported(service, self._now, foreseen)
        if not found:
            return
        for words in found.values():
            say(visible(f"  without evidence: {' '.join(words.split())}"))
        if self._asked("this review has a risk; did you check each of these? (yes, no) ").lower() not in ("y", "yes"):
            what = f"{len(found)} statements have no evidence and are not checked"
            raise DataError("review.unchecked", what, fix="check each, or edit the text")
        service.queue.desk.confirm(review_id, self._user, list(found))

    def _told(self, view: ReviewView, decided: Decided) -> None:
        self.tally.add(view, decided)
        say(visible(outcome(decided)))
        if decided.problem:
            say(wrapped(visible(decided.problem), "  "))
        if decided.is_back:
            self._again = view.review_id

    def _snooze(self) -> None:
        from compound.errors import DataError
        from compound.spec.words import parse_duration

        text = self._asked("for how long? 30m, 2h, 1d [1h]: ") or "1h"
        try:
            until = self._service.queue.now() + parse_duration(text)
        except ValueError as error:
            raise DataError("review.bad-time", str(error), fix="30m, 2h or 1d") from None
        view = self._now
        self._service.snooze(view.review_id, user=self._user, until=until, version=view.version)
        self.tally.snoozed(view)
        say(f"snoozed for {text}")
        raise _Next

    def _undo(self) -> None:
        last = self.tally.last_undoable
        if last is None:
            say("no decision of this session can be undone")
            return
        self._service.undo(last, user=self._user)
        self.tally.undone(last)
        say("undone; nothing was sent or changed")
        self._again = last
        raise _Next

    def _asked(self, question: str) -> str:
        answer = self._line(question)
        if answer is None:
            raise EOFError
        return answer.strip()

    def _line(self, question: str) -> str | None:
        return self._keyboard.line(question)

    def _beat(self) -> None:
        """Keep the review, and see whether it is still the one on the screen.

        Raises:
            _Moved: It is not.
        """
        if self._view is None or self._view.status == "stale":
            return
        queue = self._service.queue
        item = queue.check_stale(self._view.review_id)
        if item.status.value not in _HOLDS:
            why = self._by() or f": {(item.stale_reason or {}).get('what') or item.status.value}"
            raise _Moved(f"this review changed while you read it: it is {item.status.value}{why}")
        if item.draft_sha256 != self._shown:
            raise _Moved("this review has a new draft; read it again")
        if item.lease_user != self._user and item.is_held(queue.now()):
            self._left.add(item.review_id)
            raise _Moved(f"{item.lease_user} has taken this review over")
        if not self._extended():
            self._view = self._service.claim(item.review_id, user=self._user, lease_s=LEASE_S)

    def _extended(self) -> bool:
        try:
            self._service.queue.extend(self._now.review_id, self._user, lease_s=LEASE_S)
        except ConflictError:
            return False
        return True

    def _release(self) -> None:
        """Let others have the review that the session holds."""
        view, self._view = self._view, None
        if view is None or view.review_id == self._again:
            return
        with suppress(CompoundError):
            if self._service.find(view.review_id).lease_user == self._user:
                self._service.release(view.review_id, user=self._user)


@contextmanager
def _closing() -> Generator[None]:
    """A closed terminal and a request to end raise, so that the review is released."""

    def raised(number: int, _frame: FrameType | None) -> NoReturn:
        raise _Closed(number)

    before = {**{one: signal.signal(one, raised) for one in _ENDS}, signal.SIGINT: signal.getsignal(signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _ignore() -> None:
    """From here on the review is released: a second signal must not stop that."""
    for one in (*_ENDS, signal.SIGINT):
        signal.signal(one, signal.SIG_IGN)
