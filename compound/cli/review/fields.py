"""The fields that a person types for a decision, and what an edit would do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from compound.cli.output import say, visible, wrapped
from compound.cli.review.screen import changed_words
from compound.cli.review.typed import asked, editor_of
from compound.errors import CompoundError
from compound.review.decision.backend import LEASE_S
from compound.review.decision.heartbeat import kept_alive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from compound.cli.review.keyboard import Keyboard
    from compound.project import ReviewService, ReviewView
    from compound.project.review.sight.foreseen import ForeseenDecision
    from compound.web.reviews.one.form import Input

BEAT_S: Final = LEASE_S / 4
"""Seconds between two renewals of the lease of the review on the screen."""


class Fields:
    """Asks for the fields of decisions, with the inputs that the page has.

    Args:
        service: The reviews.
        user: The person.
        keyboard: Where the person types.
        hold: Renews the lease of the review on the screen; False if it is lost.
    """

    def __init__(self, service: ReviewService, user: str, keyboard: Keyboard, hold: Callable[[], bool]) -> None:
        self._service = service
        self._user = user
        self._keyboard = keyboard
        self._hold = hold
        self._editor = editor_of(is_terminal=keyboard.is_terminal)

    def needed(self, view: ReviewView, action: str) -> dict[str, JsonValue]:
        """The fields that an action takes and the review does not have; for an approval only those that it needs.

        Raises:
            DataError: `review.bad-field`.
        """
        inputs = [one for one in _flat(self._inputs(view, action)) if not one.value]
        inputs = [one for one in inputs if one.is_required or action != "approve"]
        return self._read(view, action, asked(inputs, self._keyboard.line, "", lambda _form: None))

    def changed(self, view: ReviewView) -> dict[str, JsonValue]:
        """The fields of an edit that the person approves after reading what it does; empty: nothing is decided.

        Raises:
            DataError: `review.bad-field`.
        """
        pen = self._service.queue.desk.pen(view.review_id, self._user)
        kept = pen.content if pen is not None and pen.draft_seq == self._seq(view) else {}
        form = {name: text for name, text in kept.items() if isinstance(text, str)}
        while True:
            form |= self._typed(view, form)
            fields = self._read(view, "edit", form)
            if not fields:
                say("nothing is changed")
                return {}
            if self._foreseen(view, fields):
                answer = self._keyboard.key("[a]pprove with these changes  [e]dit again  [n]ot now, keep them\n> ")
                if answer == "a":
                    return fields
                if answer == "e":
                    continue
            say("what you wrote is kept; e shows it again")
            return {}

    def _typed(self, view: ReviewView, form: Mapping[str, str]) -> dict[str, str]:
        from dataclasses import replace

        inputs = [replace(one, value=form.get(one.name, one.value)) for one in _flat(self._inputs(view, "edit"))]
        with kept_alive(self._hold, every_s=BEAT_S):
            return asked(inputs, self._keyboard.line, self._editor, lambda typed: self._keep(view, typed))

    def _keep(self, view: ReviewView, form: Mapping[str, str]) -> None:
        """Store what was typed: the page shows it too, and nothing is lost if the terminal is closed."""
        desk = self._service.queue.desk
        pen = desk.pen(view.review_id, self._user)
        content: dict[str, JsonValue] = {**({} if pen is None else pen.content), **form}
        version, seq = 0 if pen is None else pen.version, self._seq(view)
        desk.write(view.review_id, self._user, content, version=version, draft_seq=seq)
        desk.rebase(view.review_id, self._user, seq)

    def _seq(self, view: ReviewView) -> int:
        return self._service.find(view.review_id).draft_seq

    def _inputs(self, view: ReviewView, action: str) -> Sequence[Input]:
        from compound.web.reviews.one.form import inputs_of

        item = self._service.find(view.review_id)
        offered = item.decide.get(action, {})
        return inputs_of(offered, item.draft.fields, self._service.argument_schema, letter=item.draft.text)

    def _read(self, view: ReviewView, action: str, form: Mapping[str, str]) -> dict[str, JsonValue]:
        from compound.errors import DataError
        from compound.web.reviews.one.submitted import read_form

        read = read_form(self._inputs(view, action), view.fields, form)
        if read.errors:
            wrong = "; ".join(f"{path.replace('_', ' ')} {what}" for path, what in read.errors.items())
            raise DataError("review.bad-field", wrong, fix="press the key again, and write another value")
        return dict(read.given)

    def _foreseen(self, view: ReviewView, fields: Mapping[str, JsonValue]) -> bool:
        """Say what the edit changes and does; False if it is not possible."""
        for name, value in fields.items():
            before = view.fields.get(name)
            change = changed_words(str(before or ""), value) if isinstance(value, str) else f"{before} -> {value}"
            say(wrapped(visible(f"{name}: {change}")))
        try:
            foreseen = self._service.foresee(view.review_id, "edit", user=self._user, fields=fields)
        except CompoundError as error:
            say(visible(str(error)))
            return False
        say(wrapped(visible(f"edit: {told(foreseen, view)}")))
        if foreseen.redrafted is not None:
            say(wrapped(visible(f"the graph writes another text for it, to read first: {foreseen.redrafted}")))
        for one in problems_of(foreseen):
            say(visible(one))
        return True


def _flat(inputs: Sequence[Input]) -> list[Input]:
    """The inputs that a person fills in; entries that only a form can add are left out."""
    from compound.web.reviews.one.pens import flat

    return [one for one in flat(inputs) if not one.is_new and one.kind != "fixed"]


def told(foreseen: ForeseenDecision, view: ReviewView) -> str:
    """What a decision does, in the sentence that the page has."""
    from compound.web.reviews.one.effects import sentence
    from compound.web.site.words import ENGLISH

    return sentence(foreseen, view.item, view.name, ENGLISH)


def problems_of(foreseen: ForeseenDecision) -> list[str]:
    """Why effects of a decision would be refused; empty if none would."""
    found = [foreseen.problem, *(f"{one.name}: {one.problem}" for one in foreseen.effects if one.problem)]
    return [f"  it would be refused: {one}" for one in found if one]
