"""A text in which the parts that claims rest on are marked, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from compound.web.site.visible import chips


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A part of a text that a claim rests on.

    Attributes:
        start: First character; `end` is behind the last.
        claim: Number of the claim.
        anchor: Id of the mark, for links; empty for the rest of a part that others cut.
    """

    start: int
    end: int
    claim: int
    anchor: str = ""


def marked(text: str, spans: Sequence[Span]) -> Markup:
    """The text as HTML, with a `<mark>` around each part; parts may contain each other or overlap."""
    return _marked(text, 0, len(text), spans)


def _marked(text: str, start: int, end: int, spans: Sequence[Span]) -> Markup:
    made, at, left = Markup(""), start, _ordered(spans)
    while left:
        first, *others = left
        inner, later = list[Span](), list[Span]()
        for one in others:
            if one.start >= first.end:
                later.append(one)
                continue
            inner.append(replace(one, end=min(one.end, first.end)))
            if one.end > first.end:  # elements cannot overlap: the rest is a mark of its own
                later.append(replace(one, start=first.end, anchor=""))
        anchor = Markup(' id="{}"').format(first.anchor) if first.anchor else Markup("")
        body = _marked(text, first.start, first.end, inner)
        made += chips(text[at : first.start])
        made += Markup('<mark{} data-claim="{}">{}</mark>').format(anchor, first.claim, body)
        at, left = first.end, _ordered(later)
    return made + chips(text[at:end])


def _ordered(spans: Sequence[Span]) -> list[Span]:
    """Earlier ones first, and of two that begin together the longer one: it contains the other."""
    return sorted(spans, key=lambda one: (one.start, -one.end, one.claim))
