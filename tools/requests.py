"""What a ticket asks for: the annotated words grouped into frames, one for each wish."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .documents import Address
from .learning import everyday
from .lexicon import Hit
from .matching import Found
from .script import Script
from .words import Word

Family: TypeAlias = Literal["cancel", "return", "swap", "address", "user_address", "payment", "drop"]
WEAK = {"change", "ship"}
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
_BEFORE = {
    "instead",
    "than",
    "not",
    "statt",
    "anstatt",
    "anstelle",
    "lugar",
    "vez",
    "pague",
}


@dataclass(slots=True)
class Said:
    """An option value said of an item; `lead` when it stands before the item's name, `aim` behind a word like "to"."""

    found: Found
    lead: bool = False
    aim: bool = False


@dataclass(slots=True)
class Piece:
    """One thing a frame is about, with what is said of it."""

    thing: Found | None = None
    said: list[Said] = field(default_factory=list[Said])
    options: list[tuple[dict[str, str], int]] = field(default_factory=list[tuple[dict[str, str], int]])
    item_ids: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Pay:
    """A payment method said: an id, or a kind with perhaps a brand and last digits; `before` when it was the old one."""

    at: int
    method_id: str = ""
    source: str = ""
    brand: str = ""
    last_four: str = ""
    before: bool = False


@dataclass(slots=True)
class Frame:
    """One wish and everything said for it; word indexes used are in `parts`."""

    family: Family | None
    orders: list[str] = field(default_factory=list[str])
    pieces: list[Piece] = field(default_factory=list[Piece])
    pays: list[Pay] = field(default_factory=list[Pay])
    addresses: list[Address] = field(default_factory=list[Address])
    reasons: list[str] = field(default_factory=list[str])
    nouns: set[str] = field(default_factory=set[str])
    acts: list[str] = field(default_factory=list[str])
    status: list[str] = field(default_factory=list[str])
    parts: set[int] = field(default_factory=set[int])
    sentences: set[int] = field(default_factory=set[int])
    asked: bool = False
    inferred: bool = False
    agreed: bool = False
    on_order: bool = False

    @property
    def has_object(self) -> bool:
        """It names an order, a thing or an address of its own."""
        return bool(self.orders or self.addresses or any(p.thing or p.options or p.item_ids for p in self.pieces))


def find_frames(script: Script) -> tuple[list[Frame], list[Frame]]:
    """The wishes of a ticket in order, and the leftovers: segments that belong to none of them."""
    spans = [span for span in _segments(script) if script.sentence[span[0]] not in script.distrusted]
    segments = [frame for span in spans if (frame := _frame(script, *span)) is not None]
    frames: list[Frame] = []
    waiting: list[Frame] = []
    for segment in segments:
        if segment.family is not None and (segment.has_object or waiting or not _continues(frames, segment)):
            frames += _take_context(segment, waiting)
            waiting = []
            frames.append(segment)
        elif any(frame.family for frame in frames) and not waiting and _adds(frames[-1], segment):
            _join(frames[-1], segment)
        elif segment.family is not None:
            frames += [*waiting, segment]
            waiting = []
        else:
            waiting.append(segment)
    frames += waiting
    wishes = [frame for frame in frames if frame.family]
    if len(wishes) == 1 and all(_no_things(frame) for frame in frames if not frame.family):
        for context in (frame for frame in frames if not frame.family and not frame.asked):
            _join(wishes[0], context)
        frames = [frame for frame in frames if frame.family or frame.asked]
    frames = _infer(script, _grouped(frames))
    return [frame for frame in frames if frame.family], [frame for frame in frames if not frame.family]


def _take_context(segment: Frame, waiting: Sequence[Frame]) -> list[Frame]:
    """Give a wish what was said before it for it; what does not fit comes back."""
    rest: list[Frame] = []
    for context in waiting:
        bare = not segment_things(segment)
        fits = (
            not segment.has_object
            or (not segment.orders and _no_things(context))
            or (set(context.orders) <= set(segment.orders) and bare)
        )
        if fits and not context.asked and not (context.addresses and segment.addresses):
            _join(segment, context)
        else:
            rest.append(context)
    return rest


def _grouped(frames: Sequence[Frame]) -> list[Frame]:
    """Neighbouring segments without a wish that speak of one thing, as one."""
    grouped: list[Frame] = []
    for frame in frames:
        last = grouped[-1] if grouped else None
        if last and not last.family and not frame.family and not frame.asked and not last.asked and _adds(last, frame):
            _join(last, frame)
        else:
            grouped.append(frame)
    return grouped


def _infer(script: Script, frames: Sequence[Frame]) -> list[Frame]:
    """Guess the wish of what has none in words of action but everything else a wish has."""
    learned = everyday(script.language.language)
    for frame in frames:
        if frame.family or frame.asked:
            continue
        leaning = learned.leaning({script.words[at].text for at in frame.parts if not script.words[at].is_mark})
        leaned, guessed = _leaned(frame, leaning), _guess(frame)
        frame.family = leaned or guessed
        frame.inferred = frame.family is not None
        frame.agreed = leaned is not None and leaned == guessed
    return list(frames)


def _leaned(frame: Frame, leaning: str) -> Family | None:
    """The wish that the words lean to, where the frame has what such a wish needs."""
    on_order = bool(frame.orders or "order" in frame.nouns)
    things = bool(segment_things(frame))
    said = any(piece.said or piece.options for piece in frame.pieces)
    if leaning == "cancel" and (frame.orders or (things and on_order)) and not frame.addresses and not said:
        return "cancel"
    if leaning == "return" and (frame.orders or things) and not frame.addresses:
        return "return"
    if leaning == "swap" and things and said:
        return "swap"
    if leaning == "payment" and frame.pays and (on_order or things) and not said:
        return "payment"
    if leaning == "address" and frame.addresses:
        return _which_address(frame)
    return None


def _guess(frame: Frame) -> Family | None:
    on_order = bool(frame.orders or "order" in frame.nouns)
    if frame.addresses:
        return _which_address(frame)
    if segment_things(frame) and any(piece.said or piece.options for piece in frame.pieces):
        return "swap"
    if "default_address" in frame.nouns and on_order:
        return "address"
    if frame.pays and on_order and not segment_things(frame):
        return "payment"
    if any(reason != "other" for reason in frame.reasons) and (on_order or segment_things(frame)):
        return "drop"
    return None


def segment_things(frame: Frame) -> list[Piece]:
    """The pieces that name a thing."""
    return [piece for piece in frame.pieces if piece.thing or piece.item_ids]


def _no_things(frame: Frame) -> bool:
    return not segment_things(frame)


def _continues(frames: Sequence[Frame], segment: Frame) -> bool:
    if not frames or frames[-1].family is None:
        return False
    return frames[-1].family == segment.family or segment.acts == ["refund"] or set(segment.acts) <= WEAK


def _adds(frame: Frame, segment: Frame) -> bool:
    """Whether a segment without a wish of its own says more about the frame before it."""
    if frame.orders and set(segment.orders) - set(frame.orders):
        return False
    if segment.addresses and (frame.family not in {"address", "user_address", None} or frame.pieces):
        return False
    if segment.pays and frame.family in {"address", "user_address"}:
        return False
    if not segment.pieces:
        return True
    if frame.family not in {"return", "swap", None} or frame.addresses:
        return False
    if segment_things(segment) and segment_things(frame):
        ours = {p for piece in frame.pieces if piece.thing for p in piece.thing.products}
        return all(piece.thing and piece.thing.products & ours for piece in segment_things(segment))
    return True


def _join(frame: Frame, more: Frame) -> None:
    frame.orders += [order for order in more.orders if order not in frame.orders]
    for piece in more.pieces:
        _join_piece(frame, piece)
    frame.pays += more.pays
    frame.addresses += more.addresses
    frame.reasons += more.reasons
    frame.nouns |= more.nouns
    frame.acts += more.acts
    frame.status += more.status
    frame.parts |= more.parts
    frame.sentences |= more.sentences


def _join_piece(frame: Frame, piece: Piece) -> None:
    if piece.thing is None and not piece.item_ids and frame.pieces:
        frame.pieces[-1].said += piece.said
        frame.pieces[-1].options += piece.options
        return
    for other in frame.pieces:
        if other.thing and piece.thing and other.thing.products & piece.thing.products:
            other.said += piece.said
            other.options += piece.options
            return
    open_pieces = [other for other in frame.pieces if other.thing is None and not other.item_ids]
    if open_pieces and piece.thing:
        piece.said += open_pieces[0].said
        piece.options += open_pieces[0].options
        frame.pieces.remove(open_pieces[0])
    frame.pieces.append(piece)


def _segments(script: Script) -> Iterable[tuple[int, int, list[Hit]]]:
    """Spans of words, each with at most one wish: cut before a word of action, inside its sentence."""
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
    """Behind a written address a new wish may begin without a word of action."""
    cuts: list[int] = []
    for at in range(start, end):
        entity = script.entities.get(at)
        if entity and entity.kind == "address" and any(f.kind == "thing" and at < f.start < end for f in script.found):
            cuts.append(at + 1)
    return cuts


def _strong(script: Script, acts: list[Hit], end: int) -> list[Hit]:
    """Drop what only helps another word: weak ones with nothing to act on, and a second word for the same wish."""
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
    """An order, a thing or an address: what starts a new wish, unlike a payment method or an option."""
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
    """Where the words that belong to an action begin: behind the last `;`, comma or joining word before it."""
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


def _frame(script: Script, start: int, end: int, acts: list[Hit]) -> Frame | None:
    frame = Frame(
        family=None,
        parts=set(range(start, end)),
        sentences={script.sentence[start]} if start < end else set(),
    )
    frame.acts = [hit.value for hit in acts]
    hits = [hit for hit in script.hits if start <= hit.start < end]
    quiet = script.tagged("phrase")
    for hit in hits:
        if hit.kind == "noun" and not set(hit.parts) <= quiet:
            frame.nouns.add(hit.value)
        elif hit.kind == "reason":
            frame.reasons.append(hit.value)
        elif hit.kind == "status":
            frame.status.append(hit.value)
    frame.pays = list(_pays(script, start, end, hits))
    for at in range(start, end):
        entity = script.entities.get(at)
        if entity is None:
            continue
        if entity.kind == "order" and entity.text not in frame.orders:
            frame.orders.append(entity.text)
        elif entity.kind == "address" and entity.address:
            frame.addresses.append(entity.address)
    frame.pieces = _pieces(script, start, end)
    asks = [hit for hit in hits if hit.kind == "ask" and hit.start - start <= 4]
    frame.asked = bool(asks) and script.sentence[start] in script.questions
    frame.on_order = _speaks_of_order(script)
    frame.family = None if frame.asked else _family(frame)
    if (
        frame.family
        or frame.has_object
        or frame.pays
        or frame.reasons
        or frame.pieces
        or "all" in frame.nouns
        or frame.asked
    ):
        return frame
    return (
        Frame(family=None, nouns=frame.nouns, parts=frame.parts) if frame.nouns & {"default_address", "all"} else None
    )


def _family(frame: Frame) -> Family | None:
    acts = set(frame.acts)
    things = bool(frame.pieces)
    for strong in ("cancel", "return"):
        if strong in acts:
            return strong
    about_address = bool({"address", "default_address"} & frame.nouns or frame.addresses)
    if acts & {"swap", "change", "ship"} and about_address and (frame.addresses or not segment_things(frame)):
        return _which_address(frame)
    if acts & {"swap", "change"}:
        said = any(piece.said or piece.options for piece in frame.pieces)
        if frame.pays and "payment" in frame.nouns and not said and acts == {"change"}:
            return "payment"
        if frame.pays and not things and (acts == {"change"} or "payment" in frame.nouns or "swap" in acts):
            return "payment"
        if things or "item" in frame.nouns or "swap" in acts:
            return "swap"
        if "payment" in frame.nouns:
            return "payment"
        return None
    if "refund" in acts and (segment_things(frame) or frame.orders):
        return "return"
    if not acts and frame.pays and frame.orders and "payment" in frame.nouns and not segment_things(frame):
        return "payment"
    return None


def _which_address(frame: Frame) -> Family:
    if "default_address" in frame.nouns:
        if not frame.orders and "order" not in frame.nouns:
            return "user_address"
        return "address"
    return "address" if frame.on_order else "user_address"


def _speaks_of_order(script: Script) -> bool:
    named = any(entity.kind == "order" for entity in script.entities.values())
    return named or any(hit.kind == "noun" and hit.value == "order" for hit in script.hits)


def _pays(script: Script, start: int, end: int, hits: Sequence[Hit]) -> Iterable[Pay]:
    words = script.words
    for at in range(start, end):
        entity = script.entities.get(at)
        if entity and entity.kind == "payment":
            yield Pay(at, method_id=entity.text, before=_was(words, start, at))
    brands = {at: words[at].text for at in range(start, end) if words[at].text in BRANDS}
    used: set[int] = set()
    for hit in (hit for hit in hits if hit.kind == "pay"):
        brand_at = next((at for at in brands if hit.start - 3 <= at <= hit.end + 2), None)
        if brand_at is not None and hit.value == "credit_card":
            used.add(brand_at)
        four = next(
            (w.text for w in words[hit.end : min(end, hit.end + 6)] if len(w.text) == 4 and w.text.isdigit()),
            "",
        )
        yield Pay(
            hit.start,
            source=hit.value,
            brand=BRANDS[brands[brand_at]] if brand_at is not None and hit.value == "credit_card" else "",
            last_four=four if hit.value == "credit_card" else "",
            before=_was(words, start, hit.start),
        )
    for at, brand in brands.items():
        if at not in used:
            four = next(
                (w.text for w in words[at + 1 : min(end, at + 6)] if len(w.text) == 4 and w.text.isdigit()),
                "",
            )
            yield Pay(at, source="credit_card", brand=BRANDS[brand], last_four=four, before=_was(words, start, at))


BRANDS = {
    "visa": "visa",
    "mastercard": "mastercard",
    "amex": "amex",
    "mc": "mastercard",
    "discover": "discover",
    "maestro": "maestro",
}


def _was(words: Sequence[Word], start: int, at: int) -> bool:
    """Whether a payment method is said to be the old one: "instead of", "I paid with", "mit ... bezahlt"."""
    texts = [word.text for word in words]
    if _BEFORE & set(texts[max(start, at - 4) : at]):
        return True
    paid = [i for i in range(max(start, at - 4), at) if texts[i] in _PAID]
    if any(set(texts[max(start, i - 2) : i]) & _ONCE for i in paid):
        return True
    after = {"bezahlt", "gezahlt"} & set(texts[at + 1 : at + 5])
    return bool(after) and bool({"habe", "hatte", "haben", "wurde", "hab"} & set(texts[start : at + 5]))


_PAID = {"paid", "used", "pagado"}
_ONCE = {"i", "we", "was", "were", "originally", "ive", "already", "which", "had", "he", "fue", "habia"}


def _pieces(script: Script, start: int, end: int) -> list[Piece]:
    pieces: list[Piece] = []
    lead: list[Said] = []
    aims = script.tagged("target")
    aimed = False
    events: dict[int, list[Found]] = {}
    for found in script.found:
        if start <= found.start < end and found.kind != "key":
            events.setdefault(found.start, []).append(found)
    for at in range(start, end):
        if at in aims and pieces:
            aimed = True
        if script.words[at].text == ";":
            aimed = False
        entity = script.entities.get(at)
        if entity and entity.kind == "options" and entity.options is not None:
            if not pieces:
                pieces.append(Piece())
            pieces[-1].options.append((entity.options, at))
        elif entity and entity.kind == "item":
            pieces.append(Piece(item_ids=[entity.text])) if not pieces or not aimed else pieces[-1].item_ids.append(
                entity.text
            )
        for found in events.get(at, ()):
            if _is_spared(script, start, at):
                continue
            if found.kind == "thing":
                piece = _piece_for(script, pieces, found)
                piece.said += lead
                lead = []
            elif _leads(script, found, end):
                lead.append(Said(found, lead=True, aim=aimed))
            elif pieces:
                pieces[-1].said.append(Said(found, aim=aimed))
            else:
                pieces.append(Piece(said=[Said(found)]))
    if lead:
        pieces.append(Piece(said=lead))
    return pieces


def _is_spared(script: Script, start: int, at: int) -> bool:
    """Say whether it is spared: "I keep the shoes", "not the lamp", "all except the mug": what is named is left alone."""
    for before in range(at - 1, max(start - 1, at - 5), -1):
        word = script.words[before]
        if word.is_mark or any(f.start <= before < f.end and f.kind == "thing" for f in script.found):
            return False
        if word.text in _SPARE:
            return True
    return False


_SPARE = {
    "keep", "keeping", "except", "besides", "not", "excluding", "without", "behalte", "behalten", "ausser", "nicht",
    "excepto", "salvo", "menos", "quedo", "conservo", "quedarme",
}  # fmt: skip


def _piece_for(script: Script, pieces: list[Piece], found: Found) -> Piece:
    """The piece a name belongs to: the one that waits for a name, the same thing again, or a new one."""
    if pieces and pieces[-1].thing is None and not pieces[-1].item_ids:
        pieces[-1].thing = found
        return pieces[-1]
    following = script.entities.get(found.end)
    mapped = following is not None and following.kind == "options"
    fresh = found.start and script.words[found.start - 1].text == ";"
    if not mapped and not fresh:
        for piece in pieces:
            if piece.thing and piece.thing.products & found.products:
                return piece
    pieces.append(Piece(thing=found))
    return pieces[-1]


def _leads(script: Script, found: Found, end: int) -> bool:
    """A value right before a thing's name: "the black leather boots"."""
    at = found.end
    values = {other.start for other in script.found if other.kind in {"value", "key"}}
    while at < end and at - found.end < 5:
        if any(other.kind == "thing" and other.start == at for other in script.found):
            return True
        if at not in values and script.words[at].text not in {",", "-", "and", "size"}:
            return False
        at += 1
    return False
