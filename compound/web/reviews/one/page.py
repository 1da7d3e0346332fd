"""Everything that the page of one review shows, computed from the present state of the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final, cast

from compound.errors import CompoundError
from compound.review.stored.machine import UNDECIDED, Status
from compound.review.stored.offer import WITHOUT_EFFECTS
from compound.web.reviews.one.claims import Argument, Claims, claims_of_draft, leaves
from compound.web.reviews.one.effects import lines_of, sentence, verbs
from compound.web.reviews.one.evidence import Piece, pieces_of, show, without_own_words
from compound.web.reviews.one.form import Input, inputs_of
from compound.web.site.visible import is_hidden, without_hidden

if TYPE_CHECKING:
    from pydantic import JsonValue

    from compound.project import Project, ReviewService, ReviewView
    from compound.project.review.sight.foreseen import ForeseenDecision, ForeseenEffect
    from compound.project.review.sight.grounds import Ground
    from compound.review.desk.desk import Pen
    from compound.review.stored.types import Review
    from compound.web.identity.people import Person
    from compound.web.reviews.one.evidence import Shown
    from compound.web.site.words import Words

FIRST: Final = ("approve", "edit")
"""Decisions that stand first; the others follow in the order of the graph file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEffect:
    """An effect to show.

    Attributes:
        rows: Each changed row with its values before and after.
        arguments: Name, value and number of the claim of each argument; a long text that is the reply is left out.
    """

    effect: ForeseenEffect
    rows: Sequence[tuple[str, int, Sequence[Any]]]
    arguments: Sequence[tuple[str, str, int]]

    @property
    def name(self) -> str:
        """The name, as words."""
        return self.effect.name.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision that the review offers.

    Attributes:
        says: What it does, in one sentence.
        button: What its button says; empty without effects.
    """

    action: str
    inputs: Sequence[Input]
    foreseen: ForeseenDecision
    says: str
    button: str
    effects: Sequence[ShownEffect]

    @property
    def needs_input(self) -> bool:
        """Whether a person must fill something in."""
        return any(one.is_required for one in self.inputs)

    @property
    def problem(self) -> str:
        """Why it is not possible now; empty if it is."""
        told = [one.problem for one in self.foreseen.effects if one.problem]
        return self.foreseen.problem or "; ".join(dict.fromkeys(told))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """The page of one review.

    Attributes:
        view: The review.
        item: The same as the queue has it.
        text: The text that an approval sends.
        claims: What the draft claims.
        must_check: Whether every claim without evidence must be ticked before the draft is sent: the graph declares a
            risk.
        hidden: Whether the text has characters that a reader cannot see; they are not sent.
        html: Name of the field of the source item that is an HTML mail; empty if none is.
        source: The other fields of the source item.
        pen: What the person typed and has not decided.
        older: The draft that the person began from, where the review shows a newer one.
        server_now: The server's time, UTC seconds.
        once: Names this showing of the page, so that its forms are done once.
    """

    view: ReviewView
    item: Review
    text: str
    decisions: Sequence[Decision]
    claims: Claims
    pieces: Sequence[Piece]
    source: Sequence[tuple[str, Shown]]
    html: str
    must_check: bool
    hidden: bool
    pen: Pen | None
    older: str | None
    server_now: float
    sent: Sequence[Mapping[str, JsonValue]] = field(default_factory=tuple)
    once: str = field(default_factory=lambda: token_urlsafe(9))

    @property
    def is_open(self) -> bool:
        """Whether it can be decided now."""
        return self.view.status in ("pending", "in_review", "awaiting_second")

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has decided it."""
        return Status(self.view.status) in UNDECIDED

    @property
    def main(self) -> Decision | None:
        """The decision of the primary button: an approval that needs nothing filled in."""
        return next((one for one in self.decisions if one.action == "approve" and not one.needs_input), None)

    @property
    def edit(self) -> Decision | None:
        """The edit that the review offers; None if it offers none."""
        return next((one for one in self.decisions if one.action == "edit"), None)

    @property
    def others(self) -> Sequence[Decision]:
        """The decisions beside approval and edit."""
        return [one for one in self.decisions if one is not self.main and one is not self.edit]

    @property
    def seen(self) -> str:
        """Hashes of the draft and the evidence that the page shows."""
        return f"{self.item.draft_sha256}:{self.item.evidence_sha256}"

    @property
    def undo_left(self) -> float:
        """Seconds in which the decision can still be undone; 0 without one."""
        from datetime import datetime

        until = self.view.undo_until
        return max(0.0, datetime.fromisoformat(until).timestamp() - self.server_now) if until else 0.0

    def inputs(self, action: str) -> Sequence[Input]:
        """The inputs of an action."""
        return next((one.inputs for one in self.decisions if one.action == action), ())


def review_page(
    project: Project, person: Person, view: ReviewView, words: Words, *, foresees: bool = True
) -> ReviewPage:
    """The page of a review that the person sees.

    Args:
        project: The project.
        person: Who looks at it.
        view: The review.
        words: The language.
        foresees: False: what its decisions would do is not needed, and no effect is asked.
    """
    service = project.reviews()
    item = service.find(view.review_id)
    names = sorted(item.decide, key=lambda one: FIRST.index(one) if one in FIRST else len(FIRST))
    text = item.draft.text
    looks = foresees and item.status in UNDECIDED
    decisions = [_decision(service, item, view, one, person, words, looks=looks) for one in names]
    grounds = service.grounds(item)
    claims = draft_claims(service, item, view, grounds, text, _effects_of(decisions))
    decisions = [_with_claims(one, claims, text) for one in decisions]
    html = _html_field(view.item)
    pen = service.queue.desk.pen(view.review_id, person.name)
    return ReviewPage(
        view=view,
        item=item,
        text=text,
        decisions=decisions,
        claims=claims,
        pieces=pieces_of(_beside_item(view), grounds, claims.spans),
        source=[(name, show(one, ("item", name), claims.spans)) for name, one in view.item.items() if name != html],
        html=html,
        must_check=item.risk > 0,
        hidden=text != without_hidden(text),
        pen=pen,
        older=_older(view, item, pen),
        server_now=service.queue.now(),
        sent=[one for one in view.outcomes if one["status"] == "sent"],
    )


def draft_claims(
    service: ReviewService,
    item: Review,
    view: ReviewView,
    grounds: Mapping[str, Ground],
    text: str,
    effects: Sequence[ForeseenEffect],
) -> Claims:
    """The claims of a text and of the arguments of effects, on the evidence of a review."""
    own = [text, item.draft.text, *item.draft.fields.values(), *(dict(one.arguments) for one in effects)]
    proofs = without_own_words(view.evidence, grounds, own)
    return claims_of_draft(text, _arguments(service, effects, text, item.item_id), proofs, view.item)


def _arguments(
    service: ReviewService, effects: Sequence[ForeseenEffect], text: str, own_id: str | None
) -> list[Argument]:
    """The arguments that say something about the world: no choices of a list, no texts that are sent."""
    found: list[Argument] = []
    for index, one in enumerate(effects):
        schema = service.argument_schema(one.name)
        fixed = (
            _of_choices(inputs_of({"a": schema}, {"a": dict(one.arguments)}, _no_effect)[0]) if schema else set[str]()
        )
        for path, value in leaves(dict(one.arguments)):
            if (text and text in value) or value == own_id or ".".join(map(str, path)) in fixed:
                continue  # the id of the source item leads to itself: nothing to look up
            label = " ".join(str(step) for step in path if isinstance(step, str))
            where = f"{one.name}: {label}".replace("_", " ")
            found.append(Argument(where=where, place=(index, *path), text=value))
    return found


def _no_effect(_name: str) -> None:
    return None


def _of_choices(one: Input) -> set[str]:
    """Paths of arguments whose value is one of a list."""
    if one.kind in ("choice", "yes_no"):
        return {one.path.partition(".")[2]}
    return {path for inner in one.inputs for path in _of_choices(inner)}


def _effects_of(decisions: Sequence[Decision]) -> Sequence[ForeseenEffect]:
    """The effects whose arguments are shown as claims: of an approval, else of the first decision with effects."""
    return next((one.foreseen.effects for one in decisions if one.foreseen.effects), ())


def _decision(  # noqa: PLR0913 - what one decision is shown with
    service: ReviewService,
    item: Review,
    view: ReviewView,
    action: str,
    person: Person,
    words: Words,
    *,
    looks: bool,
) -> Decision:
    from compound.project.review.sight.foreseen import ForeseenDecision

    try:
        foreseen = service.foresee(item, action, user=person.name) if looks else ForeseenDecision(action=action)
    except CompoundError as error:
        foreseen = ForeseenDecision(action=action, problem=error.what)
    inputs = inputs_of(item.decide[action], item.draft.fields, service.argument_schema, letter=item.draft.text)
    return decision_of(foreseen, inputs, view, words)


def decision_of(foreseen: ForeseenDecision, inputs: Sequence[Input], view: ReviewView, words: Words) -> Decision:
    """A decision with what it says."""
    return Decision(
        action=foreseen.action,
        inputs=inputs,
        foreseen=foreseen,
        says=sentence(foreseen, view.item, view.name, words),
        button="" if foreseen.action in WITHOUT_EFFECTS else verbs(foreseen, words),
        effects=[_effect_view(one, words) for one in foreseen.effects],
    )


def _effect_view(one: ForeseenEffect, words: Words) -> ShownEffect:
    return ShownEffect(
        effect=one, rows=[(row.ref, row.version, lines_of(row, words)) for row in one.rows], arguments=()
    )


def _with_claims(decision: Decision, claims: Claims, text: str) -> Decision:
    """The decision with the claim of each argument."""
    from dataclasses import replace

    shown: list[ShownEffect] = []
    for index, one in enumerate(decision.effects):
        arguments: list[tuple[str, str, int]] = []
        for path, value in leaves(dict(one.effect.arguments)):
            if len(value) >= len(text) and text and text in value:
                continue
            claim = claims.of_arguments.get((index, *path))
            label = " · ".join(str(step) if isinstance(step, str) else str(step + 1) for step in path)
            arguments.append(
                (label.replace("_", " "), value, 0 if claim is None or claim.text != value else claim.number)
            )
        shown.append(replace(one, arguments=arguments))
    return replace(decision, effects=shown)


def _beside_item(view: ReviewView) -> Mapping[str, JsonValue]:
    """The evidence without what is shown elsewhere: the source item, and the draft."""
    return {
        name: value
        for name, value in view.evidence.items()
        if value not in (view.item, view.draft, None, "") and not _is_part(value, view.item)
    }


def _is_part(value: JsonValue, item: Mapping[str, JsonValue]) -> bool:
    """Whether a record says nothing that the source item does not say."""
    return isinstance(value, dict) and all(one is None or item.get(name) == one for name, one in value.items())


def _html_field(item: Mapping[str, JsonValue]) -> str:
    """The field of a mailbox's item that holds a mail as HTML; empty if there is none."""
    return "html" if isinstance(item.get("html"), str) and item["html"] else ""


def _older(view: ReviewView, item: Review, pen: Pen | None) -> str | None:
    """The text that the person began from, where the review shows a newer draft now."""
    if pen is None or pen.draft_seq == item.draft_seq:
        return None
    old = next((one for one in view.drafts if one["seq"] == pen.draft_seq), None)
    return None if old is None or old["text"] == item.draft.text else str(old["text"])


def cleaned_fields(page: ReviewPage) -> Mapping[str, JsonValue]:
    """The fields of an edit that leaves hidden characters out of what is sent; empty if nothing is hidden."""
    if page.edit is None:
        return {}
    return {
        name: without_hidden(value)
        for name, value in page.item.draft.fields.items()
        if name in page.item.decide.get("edit", {}) and isinstance(value, str) and any(map(is_hidden, value))
        and without_hidden(value) != value
    }  # fmt: skip


def form_of(content: Mapping[str, JsonValue]) -> dict[str, str]:
    """A saved form as names and texts."""
    return {name: value for name, value in cast("Mapping[str, object]", content).items() if isinstance(value, str)}
