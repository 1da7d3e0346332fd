"""What an edit would do, while it is typed: its effects, its text against the draft, and what no longer fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

from compound.errors import CompoundError
from compound.review.evidence.claims import sentences
from compound.review.evidence.leaves import folded
from compound.web.reviews.one.claims import Claims, Flag, leaves
from compound.web.reviews.one.diff import word_diff
from compound.web.reviews.one.page import Decision, decision_of, draft_claims
from compound.web.reviews.one.pens import letter_input
from compound.web.reviews.one.submitted import Submitted, read_form

if TYPE_CHECKING:
    from compound.project import ReviewService
    from compound.web.identity.people import Person
    from compound.web.reviews.one.page import ReviewPage
    from compound.web.site.words import Words


def _nothing() -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a decision with these fields would do.

    Attributes:
        decision: The decision as it would run; None if it is not valid.
        errors: Path of an input to what is wrong with it.
        problem: Why it is not valid as a whole.
        changed: The text that is sent, as changes of the draft; empty if it is the draft.
        again: The text that the graph drafts for the change, beside the present one; empty if it keeps it.
        speaks: Sentences of the text that speak of values which the edit replaces.
        claims: What the edited draft claims.
    """

    decision: Decision | None
    errors: Mapping[str, str]
    problem: str = ""
    changed: Markup = field(default_factory=Markup)
    again: Markup = field(default_factory=Markup)
    speaks: Sequence[str] = field(default_factory=_nothing)
    claims: Claims | None = None

    @property
    def flags(self) -> Sequence[Flag]:
        """What a person should distrust in the edited text."""
        return () if self.claims is None else self.claims.flags


def preview(
    service: ReviewService, page: ReviewPage, action: str, form: Mapping[str, str], person: Person, words: Words
) -> Preview:
    """What a form would do; nothing is stored."""
    inputs = page.inputs(action)
    read = read_form(inputs, page.item.draft.fields, form, words)
    if read.errors:
        return Preview(decision=None, errors=read.errors, changed=_changed(page, form))
    try:
        foreseen = service.foresee(page.view.review_id, action, user=person.name, fields=read.given or None)
    except CompoundError as error:
        errors = errors_beside(error, page, action)
        return Preview(
            decision=None, errors=errors, problem=f"{error.what}. {error.fix}".rstrip(". "),
            changed=_changed(page, form), speaks=_speaks(page, read),
        )  # fmt: skip
    decision = decision_of(foreseen, inputs, page.view, words)
    text = foreseen.text or _text_of(page, read)
    grounds = service.grounds(page.view.review_id)
    return Preview(
        decision=decision,
        errors={},
        changed=_changed(page, form),
        again=Markup("") if foreseen.redrafted is None else word_diff(page.text, foreseen.redrafted),
        speaks=() if foreseen.redrafted is not None else _speaks(page, read),
        claims=draft_claims(service, page.item, page.view, grounds, text, foreseen.effects),
    )


def _text_of(page: ReviewPage, read: Submitted) -> str:
    """The edited text, of a draft that no effect sends."""
    letter = letter_input(page)
    value = None if letter is None else read.given.get(letter.path)
    return value if isinstance(value, str) else page.text


def _changed(page: ReviewPage, form: Mapping[str, str]) -> Markup:
    letter = letter_input(page)
    if letter is None:
        return Markup("")
    return word_diff(page.text, form.get(letter.name, page.text).replace("\r\n", "\n"))


def _speaks(page: ReviewPage, read: Submitted) -> Sequence[str]:
    """Sentences that the person kept and that name a value which the edit replaces."""
    text = _text_of(page, read)
    gone: set[str] = set()
    for name, value in read.given.items():
        before = page.item.draft.fields.get(name)
        if before == page.text or isinstance(before, str):
            continue
        now = {one for _, one in leaves(value)}
        gone |= {folded(one) for _, one in leaves(before) if one not in now and len(one) > 1}
    parts = [text[start:end] for start, end in sentences(text)]
    return [one for one in parts if any(word in folded(one) for word in gone)]


def errors_beside(error: CompoundError, page: ReviewPage, action: str) -> dict[str, str]:
    """What is wrong with single inputs: the arguments of effects are checked by the effects' own models."""
    from compound.web.reviews.one.pens import flat

    found: dict[str, str] = {}
    for one in flat(page.inputs(action)):
        name = one.path.rpartition(".")[2]
        for part in error.what.split("; "):
            place, colon, why = part.rpartition(": ") if ": " in part else ("", "", "")
            last = place.rpartition(" ")[2].rpartition(".")[2]
            if colon and last == name:
                found[one.path] = why
    return found


def unsupported_keys(claims: Claims | None) -> Mapping[str, str]:
    """Key of each claim without evidence to its words."""
    return {} if claims is None else {one.key: one.text for one in claims.unsupported}
