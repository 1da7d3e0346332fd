"""Splits a text into spans with at most one wish each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..lexicon.compiled import Hit
from .script import Script
from .wishes import WEAK

_LEAD = {
    "for",
    "regarding",
    "about",
    "concerning",
    "from",
    "on",
    "in",
    "fur",
    "bei",
    "zu",
    "betreffend",
    "para",
    "del",
    "sobre",
}
_JOIN = {"and", "then", "also", "plus", "und", "dann", "ausserdem", "y", "e", "ademas", "tambien", "but"}


def find_segments(script: Script) -> Iterable[tuple[int, int, list[Hit]]]:
    """Spans of words, each with at most one wish: split before a word of action, inside its sentence."""
    named = {part for found in script.found if found.kind == "thing" for part in found.parts}
    quiet = script.tagged("reason", "phrase") | named
    acts = sorted(
        (hit for hit in script.hits if hit.kind == "act" and not (set(hit.parts) & quiet)),
        key=lambda hit: hit.start,
    )
    start = 0
    total = len(script.words)
    while start < total:
        number = script.sentence[start]
        end = next((at for at in range(start, total) if script.sentence[at] != number), total)
        inside = [hit for hit in acts if start <= hit.start < end]
        inside = _strong(script, inside, end)
        cuts = [start, *_after_addresses(script, start, end, inside)]
        for hit in inside[1:]:
            cuts.append(max(cuts[-1], _cut(script, cuts[-1], hit.start)))
        cuts = sorted(set(cuts))
        for at, cut in enumerate(cuts):
            stop = cuts[at + 1] if at + 1 < len(cuts) else end
            yield cut, stop, [hit for hit in inside if cut <= hit.start < stop][:1]
        start = end


def _after_addresses(script: Script, start: int, end: int, acts: Sequence[Hit]) -> list[int]:
    """After a written address a new wish may start without a word of action."""
    cuts: list[int] = []
    for at in range(start, end):
        entity = script.entities.get(at)
        if entity and entity.kind == "address" and any(f.kind == "thing" and at < f.start < end for f in script.found):
            cuts.append(at + 1)
    return cuts


def _strong(script: Script, acts: list[Hit], end: int) -> list[Hit]:
    """Drop words that only support another word: weak ones without an object, and a second word for the same wish."""
    kept: list[Hit] = []
    for at, hit in enumerate(acts):
        after = acts[at + 1].start if at + 1 < len(acts) else end
        objects = _has_object(script, hit.start, after)
        if hit.value in {*WEAK, "refund"} and (kept or at + 1 < len(acts)) and not objects:
            continue
        if kept and hit.value == kept[-1].value and not _has_object(script, kept[-1].end, hit.start):
            kept[-1] = hit if objects else kept[-1]
            continue
        if hit.value in {"refund", "ship"} and kept and not _own_object(script, hit.start, after):
            continue
        if (
            kept
            and kept[-1].value in {"swap", "return"}
            and hit.value in WEAK
            and not _own_object(script, hit.start, after)
            and not _address_like(script, hit.start, after)
        ):
            continue
        kept.append(hit)
    return kept


def _has_object(script: Script, start: int, end: int) -> bool:
    if any(start <= at < end and script.entities[at].kind in _OBJECTS for at in script.entities):
        return True
    if any(start <= found.start < end for found in script.found):
        return True
    return any(
        start <= hit.start < end and (hit.kind == "pay" or (hit.kind == "noun" and hit.value in _OBJECT_NOUNS))
        for hit in script.hits
    )


def _own_object(script: Script, start: int, end: int) -> bool:
    """An order, a thing or an address: it starts a new wish, unlike a payment method or an option."""
    if any(
        start <= at < end and script.entities[at].kind in {"order", "address", "options", "item"}
        for at in script.entities
    ):
        return True
    return any(start <= found.start < end and found.kind == "thing" for found in script.found)


def _address_like(script: Script, start: int, end: int) -> bool:
    return any(
        start <= hit.start < end and hit.kind == "noun" and hit.value in {"address", "default_address", "payment"}
        for hit in script.hits
    )


_OBJECTS = {"order", "address", "options", "item", "payment"}
_OBJECT_NOUNS = {"address", "default_address", "payment", "order", "all"}


def _cut(script: Script, low: int, act: int) -> int:
    """Start of the words that belong to an action: after the last `;`, comma or joining word before it."""
    words = script.words
    at = act
    while at > low and words[at - 1].text not in {";", ",", ":", "-"} and words[at - 1].text not in _JOIN:
        if at - 1 in script.entities or any(
            found.start <= at - 1 < found.end and found.kind != "key" for found in script.found
        ):
            break
        at -= 1
    if words[at - 1].text == "," and at - 2 in script.entities and script.entities[at - 2].kind == "order":
        before = [word.text for word in words[max(low, at - 6) : at - 2]]
        if _LEAD & set(before):
            return max(low, at - 2 - (len(before) - max(i for i, w in enumerate(before) if w in _LEAD)))
    return at
