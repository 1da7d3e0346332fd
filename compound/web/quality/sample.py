"""A sampled draft as a page shows it: source, draft, evidence; never who decided, what, or whether a rule did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from compound.project.review.conversation_lines import conversation_before
from compound.project.review.sight.foreseen import ForeseenDecision, ForeseenEffect
from compound.web.reviews.one.claims import claims_of_draft
from compound.web.reviews.one.effects import verbs
from compound.web.reviews.one.evidence import MODELS, Piece, pieces_of, show, without_own_words
from compound.web.reviews.one.mail import sanitized
from compound.web.site.words import N_

if TYPE_CHECKING:
    from markupsafe import Markup
    from pydantic import JsonValue

    from compound.project import Project
    from compound.review.quality.samples import BlindSample
    from compound.web.reviews.one.claims import Claims
    from compound.web.reviews.one.evidence import Shown
    from compound.web.site.words import Words

REASON_WORDS: Final = {
    "wrong_fact": N_("a fact is wrong"),
    "unsupported": N_("something is not supported"),
    "outdated_source": N_("the source is outdated"),
    "wrong_data": N_("data of another customer, or wrong data"),
    "policy": N_("against the policy"),
    "tone": N_("tone"),
    "language": N_("language"),
    "incomplete": N_("incomplete"),
    "wrong_intent": N_("the question is misunderstood"),
    "privacy": N_("says something private"),
    "injection": N_("follows instructions of the message"),
    "duplicate": N_("was answered before"),
    "other": N_("something else (say what in the note)"),
}
"""Reason to its words on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePage:
    """A sampled draft to judge.

    Attributes:
        does: What happens if the draft does, as a button would say it; empty if nothing does.
        effects: Name of each effect, and its arguments.
        html: The mail as HTML, sanitized; None without one.
    """

    sample: BlindSample
    text: str
    does: str
    effects: Sequence[tuple[str, Shown]]
    claims: Claims
    pieces: Sequence[Piece]
    source: Sequence[tuple[str, Shown]]
    html: Markup | None
    conversation: Sequence[Mapping[str, JsonValue]]


def sample_page(project: Project, sample: BlindSample, words: Words) -> SamplePage:
    """The page of a sample."""
    service = project.reviews()
    review = service.queue.show(sample.review_id)
    grounds = service.grounds(sample.review_id)
    draft = sample.draft
    own = [draft.text, *draft.fields.values(), *(dict(one.arguments) for one in sample.effects)]
    claims = claims_of_draft(draft.text, (), without_own_words(review.evidence, grounds, own), review.item)
    mail = review.item.get("html")
    is_mail = isinstance(mail, str) and bool(mail)
    foreseen = tuple(
        ForeseenEffect(name=one.name, target=one.target, description="", arguments={}) for one in sample.effects
    )
    # The drafted answer stands in the middle; a model's own words prove nothing.
    drafted = [name for name, one in grounds.items() if one.kind in MODELS]
    shown = {
        name: value
        for name, value in review.evidence.items()
        if name not in drafted and value not in (review.item, draft.text, None)
    }
    return SamplePage(
        sample=sample,
        text=draft.text,
        does=verbs(ForeseenDecision(action="approve", effects=foreseen), words) if foreseen else "",
        effects=[
            (one.name.replace("_", " "), show(_without(dict(one.arguments), draft.text), ("effect",), {}))
            for one in sample.effects
        ],
        claims=claims,
        pieces=pieces_of(shown, grounds, claims.spans),
        source=[
            (name, show(one, ("item", name), claims.spans))
            for name, one in review.item.items()
            if not (is_mail and name == "html")
        ],
        html=sanitized(str(mail)) if is_mail else None,
        conversation=conversation_before(project.resources, review.run_id),
    )


def _without(arguments: dict[str, JsonValue], text: str) -> dict[str, JsonValue]:
    """Arguments without the text that is shown as the draft."""
    return {name: value for name, value in arguments.items() if value != text}
