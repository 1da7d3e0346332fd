"""Builds the frame of one span: its wish, order, things, money and address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from ..letters.asides import find_asides
from ..letters.matching import Found
from ..letters.script import Script
from ..letters.wishes import Family, Frame, Pay, Piece, Said, segment_things
from ..lexicon.compiled import Hit, is_everyday
from ..lexicon.words import Word

_BESIDE = 6
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


def build_frame(script: Script, start: int, end: int, acts: list[Hit]) -> Frame | None:
    """The frame of the words `start` to `end` with their words of action; None if they are not part of a wish."""
    frame = Frame(
        family=None,
        parts=set(range(start, end)),
        sentences={script.sentence[start]} if start < end else set(),
    )
    frame.acts = [hit.value for hit in acts]
    hits = [hit for hit in script.hits if start <= hit.start < end]
    quiet = script.tagged("phrase")
    _read_words(frame, hits, quiet)
    _read_entities(frame, script, start, end)
    frame.pays = list(_pays(script, start, end, hits))
    frame.pieces = _pieces(script, start, end)
    if frame.pays and not segment_things(frame):
        # "PayPal is fine": next to a payment method an everyday word is not an option, though a pen may have a fine nib.
        frame.pieces = [piece for piece in frame.pieces if not _is_everyday(script, piece)]
    asks = [hit for hit in hits if hit.kind == "ask" and hit.start - start <= 4]
    frame.asked = bool(asks) and script.sentence[start] in script.questions
    frame.on_order = _speaks_of_order(script)
    if _is_of_email(script, hits):
        frame.nouns.discard("default_address")  # "the e-mail of my account is"
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


def _read_words(frame: Frame, hits: Sequence[Hit], quiet: Set[int]) -> None:
    """Nouns that are not part of a phrase, reasons and states of orders."""
    for hit in hits:
        if hit.kind == "noun" and not set(hit.parts) <= quiet:
            frame.nouns |= {hit.value, "money"} if hit.value == "difference" else {hit.value}
        elif hit.kind == "reason":
            frame.reasons.append(hit.value)
        elif hit.kind == "status":
            frame.status.append(hit.value)


def _read_entities(frame: Frame, script: Script, start: int, end: int) -> None:
    """Orders and addresses."""
    for entity in (script.entities[at] for at in range(start, end) if at in script.entities):
        if entity.kind == "order" and entity.text not in frame.orders:
            frame.orders.append(entity.text)
        elif entity.kind == "address" and entity.address:
            frame.addresses.append(entity.address)


def _is_of_email(script: Script, hits: Sequence[Hit]) -> bool:
    """Whether every word for the account stands next to an e-mail address."""
    mails = [at for at, entity in script.entities.items() if entity.kind == "email"]
    homes = [hit.start for hit in hits if hit.kind == "noun" and hit.value == "default_address"]
    return bool(homes) and all(any(abs(at - home) <= _BESIDE for at in mails) for home in homes)


def _is_everyday(script: Script, piece: Piece) -> bool:
    words = [script.words[part].text for said in piece.said for part in said.found.parts]
    return not piece.options and not piece.item_ids and all(is_everyday(word) for word in words)


def _family(frame: Frame) -> Family | None:
    acts = set(frame.acts)
    things = bool(frame.pieces)
    for strong in ("cancel", "return"):
        if strong in acts:
            return strong
    about_address = bool({"address", "default_address"} & frame.nouns or frame.addresses)
    if acts & {"swap", "change", "ship"} and about_address and (frame.addresses or not segment_things(frame)):
        return which_address(frame)
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
    about_difference = "difference" in frame.nouns
    if not acts and frame.pays and frame.orders and "payment" in frame.nouns and not (things or about_difference):
        return "payment"
    return None


def which_address(frame: Frame) -> Family:
    """Whether an address is for an order or for the customer's profile."""
    if "default_address" in frame.nouns:
        if not frame.orders and "order" not in frame.nouns:
            return "user_address"
        return "address"
    return "address" if frame.on_order else "user_address"


def _speaks_of_order(script: Script) -> bool:
    apart = script.appended | find_asides(script)
    named = any(e.kind == "order" and script.sentence[at] not in apart for at, e in script.entities.items())
    return named or any(
        hit.kind == "noun" and hit.value == "order" and script.sentence[hit.start] not in apart for hit in script.hits
    )


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
    """Whether a payment method is the old one: "instead of", "I paid with", "mit ... bezahlt"."""
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
    second = {at for alternative in script.alternatives for at in alternative.words}
    events: dict[int, list[Found]] = {}
    for found in script.found:
        if start <= found.start < end and found.kind != "key" and not _is_talk(script, found):
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
                lead.append(Said(found, lead=True, aim=aimed, second=at in second))
            elif pieces:
                pieces[-1].said.append(Said(found, aim=aimed, second=at in second))
            else:
                pieces.append(Piece(said=[Said(found, second=at in second)]))
    if lead:
        pieces.append(Piece(said=lead))
    return pieces


def _is_talk(script: Script, found: Found) -> bool:
    """Whether an option value is an everyday word of a heading or of a phrase: "Small correction" is not a size."""
    if found.kind != "value":
        return False
    if script.tagged("phrase") >= set(found.parts):
        return True
    in_heading = script.sentence[found.start] in script.heading
    return in_heading and all(is_everyday(script.words[at].text) for at in found.parts)


def _is_spared(script: Script, start: int, at: int) -> bool:
    """Whether it is excluded: "I keep the shoes", "not the lamp", "all except the mug"."""
    for before in range(at - 1, max(start - 1, at - 5), -1):
        word = script.words[before]
        if word.is_mark or before in script.things:
            return False
        if word.text in _SPARE:
            # "I won't keep the lamp" excludes nothing.
            return not (word.text.startswith("keep") and _is_negated(script, start, before))
    return False


def _is_negated(script: Script, start: int, at: int) -> bool:
    return bool(script.tagged("neg") & set(range(max(start, at - 3), at)))


_SPARE = {
    "keep", "keeping", "except", "besides", "not", "excluding", "without", "behalte", "behalten", "ausser", "nicht",
    "excepto", "salvo", "menos", "quedo", "conservo", "quedarme",
}  # fmt: skip


def _piece_for(script: Script, pieces: list[Piece], found: Found) -> Piece:
    """The piece of a name: the one that waits for a name, the same thing again, or a new one."""
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
    if not script.things & set(range(at, at + 6)):
        return False
    values = {other.start for other in script.found if other.kind in {"value", "key"}}
    while at < end and at - found.end < 5:
        if any(other.kind == "thing" and other.start == at for other in script.found):
            return True
        if at not in values and script.words[at].text not in {",", "-", "and", "size"}:
            return False
        at += 1
    return False
